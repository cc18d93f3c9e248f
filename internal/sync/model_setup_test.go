package sync_test

import (
	"context"
	"fmt"

	"sheet24"
)

// modelPortals are the portals of a history: the table's, and those that were its before it
// was set up with another.
type modelPortals struct {
	*modelCRM
	former map[int64]*modelCRM // by portal
}

func (p *modelPortals) of(portal *sheet24.Portal) *modelCRM {
	if c, ok := p.former[portal.ID]; ok {
		return c
	}
	return p.modelCRM
}

func (p *modelPortals) Items(ctx context.Context, portal *sheet24.Portal, refs []sheet24.ItemRef) (map[sheet24.ItemRef]*sheet24.Item, map[sheet24.Entity]error) {
	return p.of(portal).Items(ctx, portal, refs)
}

func (p *modelPortals) Find(ctx context.Context, portal *sheet24.Portal, entity sheet24.Entity, field string, values []string, kind string) (map[string][]int64, error) {
	return p.of(portal).Find(ctx, portal, entity, field, values, kind)
}

func (p *modelPortals) Turn(ctx context.Context, portal *sheet24.Portal) (sheet24.Turn, error) {
	return p.of(portal).Turn(ctx, portal)
}

// landAll does what any of the portals goes on with and it is time for.
func (p *modelPortals) landAll() {
	p.land(false)
	for _, c := range p.former {
		c.land(false)
	}
}

// setUpAnew has the owner set the table up with another portal, whatever waits: the rows
// that are there by then are left alone, under an ID column that is empty. Nothing more may
// be sent to the former portal, and nothing of what waited to the new one.
func (h *history) setUpAnew() {
	if len(h.portals.former) > 0 {
		return
	}
	ctx := context.Background()
	portal := &sheet24.Portal{UserID: h.table.UserID, Host: fmt.Sprintf("yeni%d.bitrix24.com.tr", h.table.ID), WebhookURL: "https://yeni.bitrix24.com.tr/rest/1/gizli/"}
	h.ok(h.store.SavePortal(ctx, portal))
	t, err := h.store.Table(ctx, h.table.ID)
	h.ok(err)

	was := t.PortalID
	t.PortalID = portal.ID
	err = h.store.SaveTable(ctx, t, h.leftAlone())
	if sheet24.AsError(err).Code == sheet24.CodeTableWritten { // whoever tries it is asked to do so again
		return
	}
	h.ok(err)
	h.table = t

	former := h.crm
	h.crm = &modelCRM{perils: h.perils, now: former.now, records: map[int64]*modelRecord{}, nextID: former.nextID + 1000, replaced: former.replaced, goesOn: -1, landIn: -1}
	former.sent = func(r sheet24.Request) {
		if len(r.Writes) > 0 {
			h.t.Errorf("sent to the former portal: %+v", r.Writes)
		}
	}
	h.portals.former, h.portals.modelCRM = map[int64]*modelCRM{was: former}, h.crm
	h.formerPortal = was

	for _, row := range h.sheet.rows[1:] {
		row[idColumn], row[statusColumn] = nil, nil
		if code, ok := row[codeColumn].(string); ok {
			h.doubled[code] = h.doubled[code] || h.left[code] // a copy is a row like any other from now on
			h.left[code] = true
		}
	}
	h.last, h.deleted, h.gone, h.lostTo = nil, nil, nil, nil
	clear(h.copied)
}

// leftAlone are the rows that are there, as what is to be left alone.
func (h *history) leftAlone() (baseline []sheet24.Snapshot) {
	for n, row := range h.sheet.rows[1:] {
		if row[codeColumn] != nil {
			baseline = append(baseline, sheet24.Snapshot{Row: n + 2, Values: map[string]any{
				"UF_CODE": row[codeColumn], "NAME": row[nameColumn], "EMAIL": row[emailColumn], "OPPORTUNITY": row[amountColumn]}})
		}
	}
	return baseline
}
