-- Ten thousand people: a filter, a sort, and a row that can be edited.
--
-- All rows stay on the host, in a backend var. What the filter finds is a computed var of ids, and only the rows that the page shows are
-- sent: the first hundred, and a hundred more with each click.

local tl = require "tidelock"
local ui = tl.ui

local people = require "people"

local PAGE = 100 -- rows

local Filter = tl.state("Filter", {
  _people = people.make(10000),
  query = "",
  sort = "name",
  limit = PAGE,
  editing = 0, -- the id of the row that is edited
})

-- Ids in the order of the chosen column. It reads that column alone, so a keystroke in the filter does not sort anew.
Filter._order = tl.computed(function(self)
  local key, ids = {}, {}
  for i, person in ipairs(self._people) do
    key[i], ids[i] = person[self.sort], i
  end
  table.sort(ids, function(a, b)
    if key[a] == key[b] then return a < b end
    return key[a] < key[b]
  end)
  return ids
end, { backend = true })

local function contains(text, query) return tl.lower(text):find(query, 1, true) ~= nil end

Filter._matches = tl.computed(function(self)
  local query, all, ids = tl.lower(self.query), self._people, {}
  if query == "" then return self._order end
  for _, id in ipairs(self._order) do
    local person = all[id]
    if contains(person.name, query) or contains(person.city, query) or contains(person.team, query) then
      ids[#ids + 1] = id
    end
  end
  return ids
end, { backend = true })

Filter.found = tl.computed(function(self) return #self._matches end)

Filter.shown = tl.computed(function(self)
  local rows, matches = {}, self._matches
  for i = 1, math.min(#matches, self.limit) do rows[i] = self._people[matches[i]] end
  return rows
end)

function Filter:sort_by(column) self.sort = column end

function Filter:more() self.limit = self.limit + PAGE end

function Filter:edit(id)
  self.editing = id
  return tl.focus "name"
end

function Filter:cancel()
  local id = self.editing
  self.editing = 0
  return tl.focus("edit-" .. id)
end

function Filter:save(fields)
  local person = self._people[self.editing]
  person.name, person.city, person.team = fields.name, fields.city, fields.team
  return tl.toast("Saved " .. fields.name, { kind = "success" }), self:cancel()
end

local function heading(column, title)
  return ui.th { aria_sort = ui.cond(Filter.sort:eq(column), "ascending"), -- the default style draws the arrow
    ui.button { title, on_click = Filter.sort_by(column) } }
end

local function row(person)
  return ui.tr {
    ui.td { person.name }, ui.td { person.city }, ui.td { person.team }, ui.td { person.joined },
    ui.td { ui.button { "Edit", id = "edit-" .. person.id, aria_label = "Edit " .. person.name, on_click = Filter.edit(person.id) } },
  }
end

-- A table's row cannot hold a form, so its fields name theirs.
local function field(person, name, title)
  return ui.td { ui.input { form = "edit", id = name, name = name, aria_label = title, required = true, value = person[name] } }
end

local function edited(person)
  return ui.tr {
    field(person, "name", "Name"), field(person, "city", "City"), field(person, "team", "Team"),
    ui.td { colspan = 2,
      ui.button { "Save", form = "edit", class = "primary" },
      ui.button { "Cancel", on_click = Filter.cancel },
    },
  }
end

tl.page("/", { title = "People" }, function()
  return ui.main {
    ui.h1 "People",
    ui.label { "Filter", ui.input { type = "search", placeholder = "Name, city or team", value = ui.bind(Filter.query) } },
    ui.p { role = "status", Filter.found, ui.cond(Filter.found:eq(1), " person", " people"), ", ", #Filter.shown, " shown" },
    ui.form { id = "edit", on_submit = Filter.save },
    ui.table {
      ui.thead { ui.tr { heading("name", "Name"), heading("city", "City"), heading("team", "Team"), heading("joined", "Joined"), ui.th {} } },
      ui.tbody { ui.foreach(Filter.shown, function(person)
        return ui.cond(Filter.editing:eq(person.id), edited(person), row(person))
      end, { key = "id" }) },
    },
    ui.cond(Filter.found:gt(Filter.limit), ui.button { "More", on_click = Filter.more }),
  }
end)
