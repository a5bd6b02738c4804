import { Type } from 'class-transformer';
import { IsString, ValidateNested } from 'class-validator';
import { Authenticated, EieConfigurationError, Public } from 'nestjs-eie';
import { Prompt, Resource, ResourceTemplate, Tool, ToolController, ToolInput } from 'nestjs-eie/mcp';
import { startMcpApp } from '../support/app.js';
import { startWorld, type World } from '../support/world.js';

@ToolController()
class ForgottenResource {
  @Resource({ uri: 'shop://forgotten' })
  forgotten() {}
}

@ToolController()
class ForgottenTemplate {
  @ResourceTemplate({ uriTemplate: 'shop://{id}', name: 'forgotten' })
  forgotten() {}
}

@ToolController()
class ForgottenPrompt {
  @Prompt({ name: 'forgotten' })
  forgotten() {}
}

@ToolController()
class PublicResource {
  @Resource({ uri: 'shop://open' })
  @Public({ reason: 'a reason that is long enough' })
  open() {}
}

@ToolController()
@Authenticated()
class TwoKinds {
  @Tool({ name: 'both' })
  @Prompt({ name: 'both' })
  both() {}
}

@ToolController()
@Authenticated()
class SamePrompts {
  @Prompt({ name: 'same' })
  one() {}

  @Prompt({ name: 'same' })
  other() {}
}

@ToolController()
@Authenticated()
class SameTemplates {
  @ResourceTemplate({ uriTemplate: 'one://{id}', name: 'same' })
  one() {}

  @ResourceTemplate({ uriTemplate: 'other://{id}', name: 'same' })
  other() {}
}

@ToolController()
@Authenticated()
class SameResources {
  @Resource({ uri: 'shop://same', name: 'same' })
  one() {}

  @ResourceTemplate({ uriTemplate: 'other://{id}', name: 'same' })
  other() {}
}

@ToolController()
@Authenticated()
class SameUri {
  @Resource({ uri: 'shop://same', name: 'one' })
  one() {}

  @Resource({ uri: 'shop://same', name: 'other' })
  other() {}
}

@ToolController()
@Authenticated()
class RelativeUri {
  @Resource({ uri: 'profile', name: 'relative' })
  relative() {}
}

@ToolController()
@Authenticated()
class UriThatNoRequestHas {
  @Resource({ uri: 'HTTPS://Shop.test', name: 'capitals' })
  capitals() {}
}

@ToolController()
@Authenticated()
class BrokenTemplate {
  @ResourceTemplate({ uriTemplate: 'shop://{id', name: 'broken' })
  broken() {}
}

@ToolController()
@Authenticated()
class SlowTemplate {
  @ResourceTemplate({ uriTemplate: 'docs://{user}/{name}-{version}.{ext}', name: 'slow' })
  slow() {}
}

@ToolController()
@Authenticated()
class SlowReservedTemplate {
  @ResourceTemplate({ uriTemplate: 'docs://{+one}/{+two}/{three}', name: 'slow' })
  slow() {}
}

@ToolController()
@Authenticated()
class UncheckedVariables {
  @ResourceTemplate({ uriTemplate: 'shop://{id}', name: 'unchecked' })
  unchecked(@ToolInput() _variables: Record<string, string>) {}
}

const itemOf = (property: string) => {
  class Item {}
  IsString()(Item.prototype, property);
  return Item;
};
const [OurItem, TheirItem] = [itemOf('ours'), itemOf('theirs')];

class Basket {
  @ValidateNested()
  @Type(() => OurItem)
  item: object;

  @ValidateNested()
  @Type(() => TheirItem)
  other: object;
}

@ToolController()
@Authenticated()
class SameNames {
  @Tool({ name: 'basket' })
  basket(@ToolInput() _input: Basket) {}
}

describe('the application does not start with', () => {
  let world: World;
  beforeAll(async () => void (world = await startWorld()));
  afterAll(() => world.close());

  it.each([
    [
      'a resource without a policy',
      ForgottenResource,
      /ForgottenResource\.forgotten has no identity policy: decorate it with @RequireScopes\(\)/,
    ],
    ['a template without a policy', ForgottenTemplate, /ForgottenTemplate\.forgotten has no identity policy/],
    ['a prompt without a policy', ForgottenPrompt, /ForgottenPrompt\.forgotten has no identity policy/],
    ['a public resource', PublicResource, /PublicResource\.open is a tool and cannot be @Public\(\)/],
    ['a method that is a tool and a prompt', TwoKinds, /TwoKinds\.both is more than one of tool, resource and prompt/],
    ['two prompts of one name', SamePrompts, /SamePrompts\.other: another prompt is named "same" already/],
    ['two templates of one name', SameTemplates, /SameTemplates\.other: another resource is named "same" already/],
    [
      'a resource and a template of one name, which the audit log could not tell apart',
      SameResources,
      /SameResources\.other: another resource is named "same" already/,
    ],
    ['two resources of one URI', SameUri, /SameUri\.other: another resource has the URI "shop:\/\/same" already/],
    [
      'a resource whose URI is not absolute',
      RelativeUri,
      /RelativeUri\.relative: "profile" is not the URI of a resource/,
    ],
    [
      'a resource whose URI is in a form that no request can have',
      UriThatNoRequestHas,
      /UriThatNoRequestHas\.capitals: .* write it as "https:\/\/shop\.test\/"/,
    ],
    ['a template that is no template', BrokenTemplate, /BrokenTemplate\.broken: "shop:\/\/\{id" is not a URI template/],
    [
      'a template that takes long to match',
      SlowTemplate,
      /SlowTemplate\.slow: .* has three variables or more in one segment/,
    ],
    [
      'a template whose variables contain slashes, and that takes long to match',
      SlowReservedTemplate,
      /SlowReservedTemplate\.slow: .* has three variables or more in one segment/,
    ],
    [
      'an input that nests two classes of one name',
      SameNames,
      /Basket nests two classes that are named Item: give one of them a name of its own/,
    ],
    [
      'a template whose variables no class checks',
      UncheckedVariables,
      /UncheckedVariables\.unchecked: the type of its @ToolInput\(\) must be a class/,
    ],
  ])('%s', async (_what, tools, problem) => {
    const boot = startMcpApp(world, { providers: [tools] });
    await expect(boot).rejects.toThrow(problem);
    await expect(boot).rejects.toBeInstanceOf(EieConfigurationError);
  });
});
