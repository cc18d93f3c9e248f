package bitrix24

import (
	"context"
	"encoding/json"
	"net/url"
	"sort"
	"strconv"
	"time"

	"sheet24"
)

// fieldsAge is how long field descriptions are kept: an administrator who adds a
// field or a stage sees it soon.
const fieldsAge = 5 * time.Minute

type fieldsKey struct {
	portalID int64
	webhook  string // a renewed webhook may see other fields
	entity   sheet24.Entity
}

type cachedFields struct {
	fields []sheet24.Field
	until  time.Time
}

// multiFields are the parts of "fm", each mapped as a field of its own. Bitrix24
// gives them no titles; the names are those of its old methods.
var multiFields = []string{"PHONE", "EMAIL", "WEB", "IM"}

// Fields describes an entity's fields by name, each list field with its choices.
// Descriptions are cached for a few minutes.
func (c *Client) Fields(ctx context.Context, p *sheet24.Portal, e sheet24.Entity) ([]sheet24.Field, error) {
	key := fieldsKey{p.ID, p.WebhookURL, e}
	c.mu.Lock()
	cached, ok := c.fields[key]
	c.mu.Unlock()
	if ok && time.Now().Before(cached.until) {
		return cached.fields, nil
	}
	fields, err := c.fetchFields(ctx, p, e)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	c.fields[key] = cachedFields{fields, time.Now().Add(fieldsAge)}
	c.mu.Unlock()
	return fields, nil
}

func (c *Client) fetchFields(ctx context.Context, p *sheet24.Portal, e sheet24.Entity) ([]sheet24.Field, error) {
	var answer struct {
		Fields map[string]struct {
			Type       string `json:"type"`
			Title      string `json:"title"`
			UpperName  string `json:"upperName"`
			ReadOnly   bool   `json:"isReadOnly"`
			Immutable  bool   `json:"isImmutable"`
			Multiple   bool   `json:"isMultiple"`
			StatusType string `json:"statusType"`
			Items      []struct {
				ID    json.RawMessage `json:"ID"`
				Value string          `json:"VALUE"`
			} `json:"items"`
		} `json:"fields"`
	}
	if err := c.Call(ctx, p, "crm.item.fields", map[string]any{"entityTypeId": e.TypeID()}, &answer); err != nil {
		return nil, err
	}
	var fields []sheet24.Field
	lists := map[string][]int{} // status type → indexes in fields
	for api, f := range answer.Fields {
		if f.Type == "crm_multifield" {
			for _, name := range multiFields {
				fields = append(fields, sheet24.Field{Name: name, APIName: api, Title: name, Type: f.Type, Multiple: true})
			}
			continue
		}
		field := sheet24.Field{Name: f.UpperName, APIName: api, Title: f.Title, Type: f.Type,
			ReadOnly: f.ReadOnly || f.Immutable, Multiple: f.Multiple}
		for _, it := range f.Items {
			id, _ := strconv.Unquote(string(it.ID))
			if id == "" {
				id = string(it.ID)
			}
			field.Choices = append(field.Choices, sheet24.Choice{ID: id, Label: it.Value})
		}
		fields = append(fields, field)
		if f.StatusType != "" {
			lists[f.StatusType] = append(lists[f.StatusType], len(fields)-1)
		}
	}
	if err := c.fillChoices(ctx, p, fields, lists); err != nil {
		return nil, err
	}
	sort.Slice(fields, func(i, j int) bool { return fields[i].Name < fields[j].Name })
	return fields, nil
}

// fillChoices reads the status lists that fields refer to, in one batch.
func (c *Client) fillChoices(ctx context.Context, p *sheet24.Portal, fields []sheet24.Field, lists map[string][]int) error {
	var types []string
	var commands []command
	for statusType := range lists {
		types = append(types, statusType)
		commands = append(commands, command{"crm.status.list",
			url.Values{"filter[ENTITY_ID]": {statusType}, "order[SORT]": {"ASC"}}})
	}
	if len(commands) == 0 {
		return nil
	}
	results, errs := c.batch(ctx, p, commands)
	for i, statusType := range types {
		if errs[i] != nil {
			return errs[i]
		}
		var statuses []struct {
			ID   string `json:"STATUS_ID"`
			Name string `json:"NAME"`
		}
		if err := json.Unmarshal(results[i], &statuses); err != nil {
			return sheet24.Errorf(sheet24.Unavailable, "portal_answer", p.Host).Because(err)
		}
		for _, f := range lists[statusType] {
			for _, s := range statuses {
				fields[f].Choices = append(fields[f].Choices, sheet24.Choice{ID: s.ID, Label: s.Name})
			}
		}
	}
	return nil
}
