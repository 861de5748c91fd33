-- What the load client talks to: a counter, a task that counts ten times a second, and a table of rows.
-- BENCH_ROWS is the length of the table (1000). Not a model of an app: rates are not limited here.
local tl = require "tidelock"
local ui = tl.ui

tl.config { event_rate = 0 }

local function make_rows(n)
  local rows = {}
  for i = 1, n do rows[i] = { id = i, title = ("Row %d"):format(i), done = false } end
  return rows
end

local Bench = tl.state("Bench", { counter = 0, rows = make_rows(tonumber(os.getenv "BENCH_ROWS") or 1000) })

function Bench:add() self.counter = self.counter + 1 end

function Bench:flip(i)
  local row = self.rows[i]
  row.done = not row.done
end

local function count(self) self.counter = self.counter + 1 end

Bench.beat = tl.background(function(self)
  while true do
    tl.sleep(0.1)
    tl.with_state(self, count)
  end
end)

tl.expose(Bench.add, Bench.flip, Bench.beat)
tl.page("/", { title = "Bench" }, function() return ui.p { Bench.counter } end)
