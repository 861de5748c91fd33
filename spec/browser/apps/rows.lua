-- A list of 1,000 rows, and what may be done to it.

local tl = require "tidelock"
local ui = tl.ui

local function thousand()
  local rows = {}
  for i = 1, 1000 do rows[i] = { id = i, title = "row " .. i, done = false } end
  return rows
end

local Rows = tl.state("Rows", { rows = thousand(), few = { { id = "a" }, { id = "b" }, { id = "c" }, { id = "d" } }, text = "" })

function Rows:rename(i, title)
  self.rows[i].title = title
end

function Rows:remove(i)
  self.rows:remove(i)
end

function Rows:insert(i)
  self.rows:insert(i, { id = 2000 + i, title = "new", done = false })
end

function Rows:rotate()
  self.few:insert(1, self.few:remove(#self.few))
end

function Rows:reverse()
  self.few:sort(function(a, b) return a.id > b.id end)
end

function Rows:write(text)
  self.text = text
end

tl.page("/", { title = "Rows" }, function()
  return ui.main {
    ui.button { "Rename", on_click = Rows.rename(500, "renamed") },
    ui.button { "Remove", on_click = Rows.remove(2) },
    ui.button { "Insert", on_click = Rows.insert(3) },
    ui.button { "Rotate", on_click = Rows.rotate },
    ui.button { "Reverse", on_click = Rows.reverse },
    ui.input { id = "source", ["aria-label"] = "Text", on_input = Rows.write },
    ui.p { id = "shown", title = Rows.text, Rows.text },
    ui.div { id = "few", ui.foreach(Rows.few, function(item)
      return ui.p { id = "few-" .. item.id, item.id, ui.input { ["aria-label"] = item.id } }
    end, { key = "id" }) },
    ui.table { ui.tbody { id = "rows", ui.foreach(Rows.rows, function(row, i)
      return ui.tr { ui.td { i }, ui.td { class = "title", row.title }, ui.td { ui.cond(row.done, "done", "open") } }
    end, { key = "id" }) } },
  }
end)
