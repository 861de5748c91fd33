-- Ten thousand things to do: a filter, a sort, edits in place, a selection, actions on all that is selected, and undo.
--
-- All rows stay on the host, in a backend var, in the order of their ids. The page is sent the fifty rows that it shows. What the person
-- had set, and what was typed last, is kept by the browser for the next visit.

local tl = require "tidelock"
local ui = tl.ui

local sample = require "sample"

local PAGE = 50 -- rows
local UNDO = 20 -- steps

local Todo = tl.state("Todo", {
  _rows = sample.make(10000),
  _selected = tl.map {}, -- from the id, as text, to true
  _past = {}, -- { what, rows, selected }: how it was before each step
  draft = tl.var { default = "", in_client = "local" },
  query = tl.var { default = "", in_client = "local" },
  kind = tl.var { default = "open", in_client = "local" },
  sort = tl.var { default = "newest", in_client = "local" },
  limit = PAGE,
  editing = 0, -- the id of the row that is edited
})

-- What is looked at --------------------------------------------------------------------------------

-- What the browser kept may be anything: an order, or a kind, that nobody knows is the first.
local KINDS = { { "open", "Open" }, { "done", "Done" }, { "all", "All" } }
local ORDERS = { { "newest", "Newest first" }, { "title", "By title" }, { "due", "By date" } }

local function last_id_first(a, b) return a.id > b.id end

local compare = {
  newest = last_id_first,
  title = function(a, b)
    if a.title == b.title then return last_id_first(a, b) end
    return a.title < b.title
  end,
  due = function(a, b)
    if a.due == b.due then return last_id_first(a, b) end
    return b.due == "" or a.due ~= "" and a.due < b.due
  end,
}

-- Sorted by plain tables: a comparison reads them twice, and there are many.
Todo._sorted = tl.computed(function(self)
  local rows = tl.copy(self._rows)
  table.sort(rows, compare[self.sort] or compare.newest)
  return rows
end, { backend = true })

Todo._found = tl.computed(function(self)
  local query, found = tl.lower(self.query), {}
  local all, done = self.kind == "all", self.kind == "done"
  for _, row in ipairs(self._sorted) do
    if (all or row.done == done) and (query == "" or tl.lower(row.title):find(query, 1, true)) then found[#found + 1] = row end
  end
  return found
end, { backend = true })

Todo.found = tl.computed(function(self) return #self._found end)

Todo.open = tl.computed(function(self)
  local n = 0
  for _, row in ipairs(self._rows) do
    if not row.done then n = n + 1 end
  end
  return n
end)

Todo.total = tl.computed(function(self) return #self._rows end)

Todo.selected = tl.computed(function(self) return #self._selected end)

Todo.shown = tl.computed(function(self)
  local rows = {}
  for i = 1, math.min(self.limit, #self._found) do
    local row = tl.copy(self._found[i])
    row.selected = self._selected[tostring(row.id)] or false
    rows[i] = row
  end
  return rows
end)

Todo.undoable = tl.computed(function(self)
  local past = self._past
  return #past > 0 and past[#past].what or nil
end)

function Todo:more() self.limit = self.limit + PAGE end

-- What is done ---------------------------------------------------------------------------------------

-- The rows are in the order of their ids. Gives the row and its position.
function Todo:_row(id)
  local rows, low, high = self._rows, 1, #self._rows
  while low <= high do
    local middle = (low + high) // 2
    local row = rows[middle]
    if row.id == id then return row, middle end
    if row.id < id then low = middle + 1 else high = middle - 1 end
  end
end

-- Rows that did not change are shared with what is kept here, so ten thousand of them cost nothing.
function Todo:_remember(what)
  self._past:push { what = what, rows = self._rows, selected = self._selected }
  if #self._past > UNDO then self._past:remove(1) end
end

function Todo:undo()
  local before = self._past:remove()
  if not before then return end
  self._rows, self._selected, self.editing = before.rows, before.selected, 0
  return tl.toast("Undone: " .. before.what)
end

function Todo:add(fields)
  local title = fields.title:match "^%s*(.-)%s*$"
  if title == "" then return tl.focus "new" end
  self:_remember(("“%s” added"):format(title))
  local last = self._rows[#self._rows]
  self._rows:push { id = (last and last.id or 0) + 1, title = title, done = false, due = fields.due }
  self.draft = ""
  return tl.focus "new"
end

function Todo:toggle(id)
  local row = self:_row(id)
  if not row then return end
  self:_remember(("“%s” %s"):format(row.title, row.done and "open again" or "done"))
  row.done = not row.done
end

function Todo:edit(id)
  self.editing = id
  return tl.focus "title"
end

function Todo:cancel()
  local id = self.editing
  self.editing = 0
  return tl.focus("edit-" .. id)
end

function Todo:save(fields)
  local row = self:_row(self.editing)
  local title = fields.title:match "^%s*(.-)%s*$"
  if row and title ~= "" and (title ~= row.title or fields.due ~= row.due) then
    self:_remember(("“%s” changed"):format(row.title))
    row.title, row.due = title, fields.due
  end
  return self:cancel()
end

function Todo:select(id, on) self._selected[tostring(id)] = on or nil end

function Todo:select_found()
  for _, row in ipairs(self._found) do self._selected[tostring(row.id)] = true end
end

function Todo:select_none() self._selected = {} end

function Todo:_selected_rows(what)
  self:_remember(("%d %s"):format(#self._selected, what))
  local rows = {}
  for _, row in ipairs(self._rows) do
    if self._selected[tostring(row.id)] then rows[#rows + 1] = row end
  end
  return rows
end

function Todo:set_done(done)
  if self.selected == 0 then return end
  for _, row in ipairs(self:_selected_rows(done and "done" or "open again")) do row.done = done end
  self._selected = {}
end

function Todo:remove()
  local n = self.selected
  if n == 0 then return end
  self:_remember(n .. " removed")
  local kept = {}
  for _, row in ipairs(self._rows) do
    if not self._selected[tostring(row.id)] then kept[#kept + 1] = row end
  end
  self._rows, self._selected, self.editing = kept, {}, 0
  return tl.toast(n .. " removed", { kind = "success" })
end

-- The page -------------------------------------------------------------------------------------------

local function choice(title, options, var)
  local list = {}
  for i, option in ipairs(options) do list[i] = ui.option { value = option[1], option[2] } end
  return ui.label { title, ui.select { value = ui.bind(var), list } }
end

local function selector(item)
  return ui.input { type = "checkbox", checked = item.selected, aria_label = "Select " .. item.title, on_change = Todo.select(item.id) }
end

local WIDE = { flex = "1 1 6.5rem" } -- as wide as the row leaves

local function row(item)
  return ui.li { class = "row",
    selector(item),
    ui.div { class = "title", style = WIDE,
      ui.cond(item.done, ui.s { item.title }, item.title),
      ui.cond(item.due:ne "", ui.div { class = "help", "due ", item.due }),
    },
    ui.button { ui.cond(item.done, "Reopen", "Done"), aria_label = ui.cond(item.done, "Reopen ", "Done: ") .. item.title,
      on_click = Todo.toggle(item.id) },
    ui.button { "Edit", class = "quiet", id = "edit-" .. item.id, aria_label = "Edit " .. item.title, on_click = Todo.edit(item.id) },
  }
end

local function edited(item)
  local escape = tl.on(Todo.cancel, { key = "Escape" })
  return ui.li {
    ui.form { id = "edit", class = "row", on_submit = Todo.save, on_key_down = escape,
      ui.input { id = "title", name = "title", aria_label = "Title", value = item.title, style = WIDE },
      ui.input { type = "date", name = "due", aria_label = "Due", value = item.due },
      ui.button "Save",
      ui.button { "Cancel", type = "button", class = "quiet", on_click = Todo.cancel },
    },
  }
end

tl.page("/", { title = Todo.open .. " to do" }, function()
  local none = Todo.selected:eq(0)
  return ui.main {
    ui.header { ui.h1 "To do", ui.p { Todo.open, " open of ", Todo.total } },
    ui.form { class = "row", on_submit = Todo.add,
      ui.input { id = "new", name = "title", aria_label = "New", placeholder = "What is to be done?", value = ui.bind(Todo.draft) },
      ui.input { type = "date", name = "due", aria_label = "Due on" },
      ui.button "Add",
    },
    ui.div { class = "row",
      ui.label { "Filter", ui.input { type = "search", value = ui.bind(Todo.query) } },
      choice("Show", KINDS, Todo.kind),
      choice("Order", ORDERS, Todo.sort),
    },
    ui.p { role = "status", Todo.found, " found, ", Todo.selected, " selected" },
    ui.div { class = "row", role = "toolbar", aria_label = "Selection",
      ui.button { "Select all", on_click = Todo.select_found, disabled = Todo.found:eq(0) },
      ui.button { "None", on_click = Todo.select_none, disabled = none },
      ui.button { "Done", on_click = Todo.set_done(true), disabled = none },
      ui.button { "Reopen", on_click = Todo.set_done(false), disabled = none },
      ui.button { "Remove", class = "danger", on_click = Todo.remove, disabled = none },
      ui.button { "Undo", title = Todo.undoable, on_click = Todo.undo, disabled = ~Todo.undoable },
    },
    ui.ul { id = "rows", ui.foreach(Todo.shown, function(item)
      return ui.cond(Todo.editing:eq(item.id), edited(item), row(item))
    end, { key = "id" }) },
    ui.cond(Todo.found:eq(0), ui.p { class = "help", "Nothing here." }),
    ui.cond(Todo.found:gt(Todo.limit), ui.button { "More", on_click = Todo.more }),
  }
end)
