-- What specs of random orders look for.
local tl = require "tidelock"
local ui = tl.ui

local walked = {}
for name in pairs { zebra = 1, [3] = 1, ape = 1, [true] = 1, [-1] = 1, [2.5] = 1, [false] = 1, Bear = 1 } do walked[#walked + 1] = tostring(name) end

local Job = tl.state("Job", { order = {}, n = 0, late = "", walked = table.concat(walked, " ") })

local function append(self, name)
  tl.with_state(self, function() self.order:push(name) end)
end

Job.one = tl.background(function(self)
  tl.sleep(0.5)
  append(self, "one")
end)

Job.two = tl.background(function(self)
  tl.sleep(0.5)
  append(self, "two")
end)

Job.soon_after = tl.background(function(self)
  tl.sleep(0.5005)
  append(self, "soon after")
end)

Job.beat = tl.background(function(self)
  for _ = 1, 4 do
    tl.sleep(0.5)
    tl.with_state(self, function() self.n = self.n + 1 end)
  end
end)

function Job:pair() return { Job.one, Job.two } end
function Job:nearly() return { Job.one, Job.soon_after } end
function Job:drift() return { Job.beat, Job.soon_after } end
function Job:many() return { Job.one, Job.beat, Job.two, Job.beat, Job.beat, Job.soon_after } end
function Job:by_chance() self.n = math.random(1000000) end

tl.page("/", { title = "Orders" }, function()
  return ui.main { ui.p { Job.n }, ui.ul { ui.foreach(Job.order, function(name) return ui.li { name } end) },
    ui.button { "Pair", on_click = Job.pair }, ui.button { "Nearly", on_click = Job.nearly }, ui.button { "Drift", on_click = Job.drift },
    ui.button { "Many", on_click = Job.many }, ui.button { "Chance", on_click = Job.by_chance }, ui.input { value = ui.bind(Job.late) } }
end)
