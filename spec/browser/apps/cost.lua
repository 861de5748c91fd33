-- A table of 10,000 rows, of which one field changes: when a page asks, or in bursts at a steady pace.

local tl = require "tidelock"
local ui = tl.ui

local ROWS = 10000

tl.config { event_rate = 0 }

local function make()
  local rows = {}
  for i = 1, ROWS do rows[i] = { id = i, title = "row " .. i, count = 0, done = false } end
  return rows
end

local Cost = tl.state("Cost", { rows = make(), sent = 0 })

-- 7919: rows all over the table; it has no common divisor with their number.
local function change(self)
  self.sent = self.sent + 1
  local row = self.rows[self.sent * 7919 % ROWS + 1]
  row.count = row.count + 1
end

Cost.change = change

Cost.pour = tl.background(function(self, times, rate)
  for _ = 1, times do
    tl.sleep(1 / rate)
    tl.with_state(self, change)
  end
end)

tl.page("/", { title = "Cost" }, function()
  return ui.main {
    ui.button { "Change", on_click = Cost.change },
    ui.button { "Pour", on_click = Cost.pour(500, 100) },
    ui.button { "Flood", on_click = Cost.pour(20000, 1000) },
    ui.output { id = "sent", Cost.sent },
    -- What is measured is the client's part: a table this long would be laid out anew for each changed cell, and a page
    -- this long painted.
    ui.div { id = "rows", style = { height = "300px", overflow = "auto", contain = "strict" }, ui.foreach(Cost.rows, function(row, i)
      return ui.div { class = "row", style = { contain = "strict", height = "20px" },
        ui.span { i }, ui.span { row.title }, ui.span { class = "count", row.count }, ui.span { ui.cond(row.done, "done", "open") } }
    end, { key = "id" }) },
  }
end)
