// A provider for Kadende: an instance is a file in a folder. Standard library only (providers/PROTOCOL.md).
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

const manifest = `{
  "name": "files", "version": "1.0.0", "listing": "authoritative", "idempotentTokens": true,
  "abilities": ["retag"], "scopeProperties": ["folder"], "mutableProperties": ["content"],
  "schema": {"type": "object", "required": ["folder"], "additionalProperties": false,
    "properties": {"folder": {"type": "string", "minLength": 1}, "content": {"type": "string"}},
    "examples": [{"folder": "instances", "content": "hello"}, {"folder": "instances", "content": "changed"}]}}`

type object map[string]any
type request struct {
	Call   json.RawMessage `json:"id"`
	Method string
	Params struct {
		Scope, Properties, Recordable struct{ Folder, Content string }
		Token, ID, Name               string
		Tags, Labels                  object
		IDs                           []string
		TagsOnly                      bool
	}
}

type refused struct{ code, message string }

func (r refused) Error() string { return r.message }

func folderOf(name string) (string, error) {
	folder, err := filepath.Abs(name)
	if name == "" {
		err = refused{"invalid", "`folder` is missing: it names the folder in which the files are"}
	} else if _, missing := os.Stat(filepath.Dir(folder)); missing != nil {
		err = refused{"unavailable", "the folder above " + name + " does not exist"}
	}
	return folder, err
}

var form = regexp.MustCompile("^[a-z2-7]{52}$")

// Those that exist and have the tags, each once. An id that was never given out does not exist.
func read(folder string, ids []string, tags object) ([]object, error) {
	found, seen := []object{}, map[string]bool{}
	for _, id := range ids {
		text, err := os.ReadFile(filepath.Join(folder, id+".json"))
		if !form.MatchString(id) || seen[id] || errors.Is(err, fs.ErrNotExist) {
			continue
		}
		one, wanted := object{}, true
		if err = json.Unmarshal(text, &one); err != nil {
			return nil, err
		}
		for key, value := range tags {
			wanted = wanted && one["tags"].(map[string]any)[key] == value
		}
		if seen[id] = true; wanted {
			found = append(found, one)
		}
	}
	return found, nil
}

func write(folder string, one object) error {
	text, _ := json.Marshal(one)
	path := filepath.Join(folder, one["id"].(string)+".json")
	if err := os.WriteFile(path+".new", text, 0o644); err != nil {
		return err
	}
	return os.Rename(path+".new", path) // whole or not at all, whatever happens
}

func answer(r request) (any, error) {
	method, p := r.Method, r.Params
	if method == "initialize" {
		return object{"protocol": 1, "manifest": json.RawMessage(manifest)}, nil
	}
	folder, err := folderOf(p.Scope.Folder + p.Properties.Folder) // a call has one of the two
	if err != nil {
		return nil, err
	}
	if method == "list" {
		paths, _ := filepath.Glob(filepath.Join(folder, "*.json"))
		for _, path := range paths {
			p.IDs = append(p.IDs, strings.TrimSuffix(filepath.Base(path), ".json"))
		}
		found, err := read(folder, p.IDs, p.Tags)
		if _, missing := os.Stat(folder); missing != nil {
			folder = "" // a place that nobody made yet
		}
		return object{"scope": folder, "instances": found}, err
	}
	// The token is the id, so a repeated create finds its instance.
	found, err := read(folder, append(p.IDs, p.ID+p.Token), nil)
	if err != nil || method == "describe" {
		return object{"scope": folder, "instances": found}, err
	}
	switch exists := len(found) == 1; {
	case method == "create" && !exists:
		os.MkdirAll(folder, 0o755) // where it cannot be made, the file cannot either
		found = []object{{"id": p.Token, "name": p.Name, "status": "running", "createdAt": time.Now().UTC().Format("2006-01-02T15:04:05Z")}}
		fallthrough
	case method == "update" && exists:
		found[0]["tags"], found[0]["labels"] = p.Tags, p.Labels
		if p.Recordable.Folder != "" {
			p.Properties = p.Recordable // without the secrets
		}
		if !p.TagsOnly {
			found[0]["attributes"] = object{"content": p.Properties.Content}
		}
		err = write(folder, found[0])
	case method == "update":
		return nil, refused{"not_found", "there is no instance " + p.ID + " in " + folder}
	case method == "destroy": // already gone is as good
		return object{}, os.RemoveAll(filepath.Join(folder, filepath.Base(p.ID)+".json"))
	case method != "create":
		return nil, refused{"invalid", "no method " + method}
	}
	return object{"scope": folder, "instance": found[0]}, err
}

func main() {
	input, output := bufio.NewReader(os.Stdin), json.NewEncoder(os.Stdout)
	for line, end := input.ReadBytes('\n'); end == nil; line, end = input.ReadBytes('\n') {
		call := request{}
		if err := json.Unmarshal(line, &call); err != nil || call.Call == nil {
			continue // a notification (cancel): every call here is over at once
		}
		message := object{"jsonrpc": "2.0", "id": call.Call}
		result, err := answer(call)
		refusal := refused{"internal", ""} // it may have had its effect
		if errors.As(err, &refusal); err != nil {
			message["error"] = object{"code": -32000, "message": err.Error(), "data": object{"code": refusal.code}}
		} else {
			message["result"] = result
		}
		output.Encode(message)
	}
}
