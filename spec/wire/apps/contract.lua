-- What spec/wire/contract.test.js asks of a host.
local tl = require "tidelock"
local ui = tl.ui

local Job = tl.state("Job", { n = 0, text = "", map = tl.map {}, any = tl.var(), rows = {} })

function Job:where_from() self.map = { agent = self.router.headers["x-own"], ip = self.router.client_ip, token = self.router.token } end
function Job:rest() self.text = ("%d: %s"):format(#self.router.params.rest, table.concat(self.router.params.rest, " ")) end
function Job:fail() error "broken on purpose" end
function Job:assign_global() misspelt = 1 end -- luacheck: ignore
function Job:put(map) self.map = map end
function Job:fill(n)
  local rows = {}
  for i = 1, n do rows[i] = { id = i, title = "row " .. i, done = false } end
  self.rows = rows
end
function Job:tick(i) self.rows[i].done = true end

function Job:look(list, map, empty)
  self.text = table.concat({ type(list), type(map), #list, map.a }, " ")
  list[1], map.a = "mine", "mine"
  self.any = { list, map, empty }
end

function Job:twice()
  self.n = 1
  coroutine.yield(tl.toast "first")
  tl.sleep(0.05)
  self.n = 2
  return tl.toast "second"
end

function Job:slow()
  tl.sleep(0.3)
  self.text = "slow"
end
function Job:chain() return Job.slow end

Job.count = tl.background(function(self)
  while true do
    tl.with_state(self, function() self.n = self.n + 1 end)
    tl.sleep(0.02)
  end
end)
function Job:tasks_here() self.text = tostring(#self:tasks()) end

tl.expose(Job.where_from, Job.rest, Job.fail, Job.assign_global, Job.put, Job.fill, Job.tick, Job.look, Job.twice, Job.chain, Job.count,
  Job.tasks_here)

tl.page("/", {}, function() return ui.main { ui.p { Job.text } } end)
tl.page("/docs/[[...rest]]", {}, function() return ui.main { "Docs" } end)
