// Verifies an audit log by the packages that the Go checksum database uses: golang.org/x/mod/sumdb/note and tlog (0.7).
//
// Usage: verify <folder of the log> <key of the log> <receipt>...
//
// It reads every checkpoint, checks its signature, proves each to be consistent with the next, reads the tiles, and checks that the records lead to the
// root. Each receipt is checked by its own proof. It ends with 1 at the first thing that is wrong.
package main

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type checkpoint struct {
	size int64
	root tlog.Hash
}

func main() {
	counts, err := verify(os.Args[1], os.Args[2], os.Args[3:])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	json.NewEncoder(os.Stdout).Encode(counts)
}

func verify(folder, key string, receipts []string) (map[string]int, error) {
	verifier, err := note.NewVerifier(key)
	if err != nil {
		return nil, err
	}
	checkpoints, err := readCheckpoints(folder, verifier)
	if err != nil {
		return nil, err
	}
	if len(checkpoints) == 0 {
		return nil, errors.New("no checkpoint")
	}
	newest := checkpoints[len(checkpoints)-1]
	reader := tileReader{folder: folder, size: newest.size}
	hashes := tlog.TileHashReader(tlog.Tree{N: newest.size, Hash: newest.root}, &reader)
	records, err := checkRecords(folder, newest, hashes)
	if err != nil {
		return nil, err
	}
	consistency := 0
	for i := 1; i < len(checkpoints); i++ {
		before, after := checkpoints[i-1], checkpoints[i]
		proof, err := tlog.ProveTree(after.size, before.size, hashes)
		if err != nil {
			return nil, fmt.Errorf("tiles of %d records: %w", after.size, err)
		}
		if err := tlog.CheckTree(proof, after.size, after.root, before.size, before.root); err != nil {
			return nil, fmt.Errorf("%d records do not continue %d: %w", after.size, before.size, err)
		}
		consistency++
	}
	for _, path := range receipts {
		if err := checkReceipt(path, verifier); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	return map[string]int{"checkpoints": len(checkpoints), "records": records, "consistency": consistency, "inclusion": len(receipts)}, nil
}

func openCheckpoint(text string, verifier note.Verifier) (checkpoint, error) {
	opened, err := note.Open([]byte(text), note.VerifierList(verifier))
	if err != nil {
		return checkpoint{}, err
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) < 4 || lines[0] != verifier.Name() {
		return checkpoint{}, errors.New("no checkpoint of this log")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return checkpoint{}, err
	}
	root, err := base64.StdEncoding.DecodeString(lines[2])
	if err != nil || len(root) != tlog.HashSize {
		return checkpoint{}, errors.New("no root")
	}
	found := checkpoint{size: size}
	copy(found.root[:], root)
	return found, nil
}

func readCheckpoints(folder string, verifier note.Verifier) ([]checkpoint, error) {
	paths, _ := filepath.Glob(filepath.Join(folder, "checkpoints", "*.jsonl"))
	sort.Strings(paths)
	var found []checkpoint
	for _, path := range paths {
		err := eachLine(path, func(line []byte) error {
			var text string
			if err := json.Unmarshal(line, &text); err != nil {
				return err
			}
			one, err := openCheckpoint(text, verifier)
			if err != nil {
				return err
			}
			found = append(found, one)
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	return found, nil
}

// checkRecords compares each line with the hash that the tiles have of it; the tiles are compared with the root by the reader.
func checkRecords(folder string, newest checkpoint, hashes tlog.HashReader) (int, error) {
	paths, _ := filepath.Glob(filepath.Join(folder, "records", "*.jsonl"))
	sort.Strings(paths)
	seq := int64(0)
	for _, path := range paths {
		err := eachLine(path, func(line []byte) error {
			if seq < newest.size {
				kept, err := hashes.ReadHashes([]int64{tlog.StoredHashIndex(0, seq)})
				if err != nil {
					return err
				}
				if kept[0] != tlog.RecordHash(line) {
					return fmt.Errorf("record %d is another one", seq)
				}
			}
			seq++
			return nil
		})
		if err != nil {
			return 0, err
		}
	}
	if seq < newest.size {
		return 0, fmt.Errorf("%d records, and a checkpoint of %d", seq, newest.size)
	}
	return int(newest.size), nil
}

func checkReceipt(path string, verifier note.Verifier) error {
	content, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var receipt struct{ Record, Proof string }
	if err := json.Unmarshal(content, &receipt); err != nil {
		return err
	}
	parts := strings.SplitN(receipt.Proof, "\n\n", 2)
	if len(parts) != 2 {
		return errors.New("no proof")
	}
	lines := strings.Split(parts[0], "\n")
	if len(lines) < 2 || lines[0] != "c2sp.org/tlog-proof@v1" || !strings.HasPrefix(lines[1], "index ") {
		return errors.New("no proof")
	}
	index, err := strconv.ParseInt(strings.TrimPrefix(lines[1], "index "), 10, 64)
	if err != nil {
		return err
	}
	var proof tlog.RecordProof
	for _, line := range lines[2:] {
		decoded, err := base64.StdEncoding.DecodeString(line)
		if err != nil || len(decoded) != tlog.HashSize {
			return errors.New("no hash")
		}
		var hash tlog.Hash
		copy(hash[:], decoded)
		proof = append(proof, hash)
	}
	found, err := openCheckpoint(parts[1], verifier)
	if err != nil {
		return err
	}
	return tlog.CheckRecord(proof, found.size, found.root, index, tlog.RecordHash([]byte(receipt.Record)))
}

// tileReader maps the tiles of the Go checksum database to the paths of C2SP tlog-tiles.
type tileReader struct {
	folder string
	size   int64
}

func (r *tileReader) Height() int { return 8 }

func (r *tileReader) SaveTiles([]tlog.Tile, [][]byte) {}

func (r *tileReader) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var all [][]byte
	for _, tile := range tiles {
		data, err := r.read(tile)
		if err != nil {
			return nil, err
		}
		all = append(all, data)
	}
	return all, nil
}

func (r *tileReader) read(tile tlog.Tile) ([]byte, error) {
	path := filepath.Join(r.folder, "tile", strconv.Itoa(tile.L), indexPath(tile.N))
	data, err := os.ReadFile(path)
	if err != nil {
		data, err = widest(path + ".p")
	}
	if err != nil {
		return nil, err
	}
	if len(data) < tile.W*tlog.HashSize {
		return nil, fmt.Errorf("%s is too short", path)
	}
	return data[:tile.W*tlog.HashSize], nil
}

func widest(folder string) ([]byte, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	best := 0
	for _, entry := range entries {
		if width, err := strconv.Atoi(entry.Name()); err == nil && width > best {
			best = width
		}
	}
	return os.ReadFile(filepath.Join(folder, strconv.Itoa(best)))
}

func indexPath(n int64) string {
	path := fmt.Sprintf("%03d", n%1000)
	for n >= 1000 {
		n /= 1000
		path = fmt.Sprintf("x%03d/%s", n%1000, path)
	}
	return path
}

func eachLine(path string, read func([]byte) error) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	scanner := bufio.NewScanner(file)
	scanner.Buffer(make([]byte, 1<<20), 1<<20)
	for scanner.Scan() {
		if err := read(scanner.Bytes()); err != nil {
			return err
		}
	}
	return scanner.Err()
}
