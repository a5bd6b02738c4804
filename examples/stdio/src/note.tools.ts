import { IsString, Length } from 'class-validator';
import { Identity, RequireScopes } from 'nestjs-eie';
import { Tool, ToolController, ToolInput } from 'nestjs-eie/mcp';

export class NewNote {
  @IsString()
  @Length(1, 200)
  text: string;
}

@ToolController()
export class NoteTools {
  readonly #notes = ['Water the plants.'];

  @Tool({ name: 'list_notes', description: 'The notes of the user' })
  @RequireScopes('notes:read')
  list(@Identity('actor.sub') user: string, @Identity('authorization.confidence') confidence: string) {
    return { user, confidence, notes: this.#notes };
  }

  @Tool({ name: 'add_note', description: 'Writes one more note' })
  @RequireScopes('notes:write')
  add(@ToolInput() { text }: NewNote) {
    this.#notes.push(text);
    return { notes: this.#notes.length };
  }
}
