// Reads a plan with HashiCorp's own reader of this format (github.com/hashicorp/terraform-json, the library under most
// Go tools that take plans) and prints what it understood, a line per change:
//
//	sim.web[0] create
//
// Usage: read_plan PLAN    Exit 1 where the library refuses it, or where its own view of the plan does not fit together.
//
// Debian's release of the library (0.5) is older than version 1.0 of the format and compares the version with "0.1",
// letter by letter. What it reads has not changed since, so the two version fields, and nothing else, are set to what
// it expects.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	tfjson "github.com/hashicorp/terraform-json"
)

func fail(format string, values ...interface{}) {
	fmt.Fprintf(os.Stderr, format+"\n", values...)
	os.Exit(1)
}

func read(name string) *tfjson.Plan {
	text, err := os.ReadFile(name)
	if err != nil {
		fail("%v", err)
	}
	for _, version := range []string{"1.2", "1.0"} {
		old := []byte(`"format_version":"` + version + `"`)
		if bytes.Count(text, old) != 1 {
			fail("%s: format_version %s is not there once", name, version)
		}
		text = bytes.Replace(text, old, []byte(`"format_version":"`+tfjson.PlanFormatVersion+`"`), 1)
	}
	plan := new(tfjson.Plan)
	if err := json.Unmarshal(text, plan); err != nil { // validates, too
		fail("%s: %v", name, err)
	}
	if err := plan.PriorState.Validate(); err != nil {
		fail("%s: prior_state: %v", name, err)
	}
	return plan
}

// The words of the library for what happens; "?" for a list that it has none for.
func words(actions tfjson.Actions) string {
	switch {
	case actions.NoOp():
		return "no-op"
	case actions.Create():
		return "create"
	case actions.Update():
		return "update"
	case actions.Delete():
		return "delete"
	case actions.CreateBeforeDestroy():
		return "replace create-first"
	case actions.DestroyBeforeCreate():
		return "replace destroy-first"
	}
	return "?"
}

func main() {
	plan := read(os.Args[1])
	planned := map[string]*tfjson.StateResource{}
	for _, resource := range plan.PlannedValues.RootModule.Resources {
		planned[resource.Address] = resource
	}
	for _, change := range plan.ResourceChanges {
		if change.Mode != tfjson.ManagedResourceMode {
			fail("%s has mode %s", change.Address, change.Mode)
		}
		word := words(change.Change.Actions)
		if word == "?" && len(change.Change.Actions) == 1 {
			word = string(change.Change.Actions[0]) // newer than the library
		}
		if change.DeposedKey != "" {
			word += " deposed"
		} else if change.Change.After != nil && planned[change.Address] == nil {
			fail("%s is not among the planned values", change.Address)
		}
		fmt.Println(change.Address, word)
	}
	for _, resource := range plan.Config.RootModule.Resources {
		key := resource.ProviderConfigKey
		if plan.Config.ProviderConfigs[key] == nil {
			fail("%s: no provider_config %s", resource.Address, key)
		}
		count := resource.CountExpression
		if count == nil {
			count = resource.ForEachExpression
		}
		var names []string
		for name, expression := range resource.Expressions["properties"].NestedBlocks[0] {
			if expression.ConstantValue == nil {
				fail("%s: property %s has no value", resource.Address, name)
			}
			names = append(names, name)
		}
		if count == nil || count.ConstantValue == nil || len(names) == 0 {
			fail("%s: no count or no properties: %s", resource.Address, strings.Join(names, " "))
		}
	}
}
