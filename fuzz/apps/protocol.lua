-- protocol.lua: the app behind the protocol target: a little of everything that changes a tab's state, by arguments that
-- clients may choose as they like. What it is given that does not fit raises, which is right too.
local tl = require "tidelock"
local ui = tl.ui

local Job = tl.state("Job", {
  counter = 0, text = "", any = tl.var(), _secret = 0, loads = 0,
  items = { { id = 1, title = "Milk", tags = { "cold" } }, { id = 2, title = "Bread", tags = {} } },
  map = tl.map { a = 1 },
})
local Other = tl.state("Other", {
  n = 0, list = { 1, 2, 3 }, any = tl.var { default = {}, in_client = "local" }, text = tl.var { type = "string", in_client = "session" },
  size = tl.var { default = 10, in_client = "cookie", name = "size" }, map = tl.var { type = "map", in_client = "local" },
})
Other.sum = tl.computed(function(self) return #self.any + #(self.map or {}) + self.size end)

Job.total = tl.computed(function(self) return self.counter + #self.items end)
Job.first = tl.computed(function(self) return self.items[1] end)
Job.part = tl.computed(function(self)
  if #self.text > 4 then error(self.text:sub(1, 5), 0) end
  return self.text
end)

function Job:add(n) self.counter = self.counter + n end
function Job:any_set(v) self.any = v end
function Job:grow(text) self.text = self.text .. tostring(text) end
function Job:put(key, v) self.map[key] = v end
function Job:push(v) self.items:push(v) end
function Job:take(i) self.items:remove(i) end
function Job:swap(i, j) self.items[i], self.items[j] = self.items[j], self.items[i] end
function Job:title(i, v) self.items[i].title = v end
function Job:tag(i, v) self.items[i].tags:push(v) end
function Job:clear() self.items:clear() end
function Job:hide(v) self._secret = v end
function Job:same() self.counter = self.counter end
function Job:twice(v)
  self.any = v
  coroutine.yield()
  self.any = tl.null
end
function Job:keep(name, v) tl.get_state(self, Other)[name] = v end
function Job:other() tl.get_state(self, Other).n = self.counter end
function Job:fail() self.counter = 99; error "as it was asked to" end
function Job:fail_with(v) error(tostring(v):sub(1, 5), 0) end
function Job:slow(s)
  self.text = "slow"
  tl.sleep(math.max(0, math.min(s, 3)))
  self.text = ""
end
function Job:say(v) return tl.toast(tostring(v)) end
function Job:load() self.loads = self.loads + 1 end
function Job:chain(n)
  if n > 0 then return Job.add(1), Job.chain(math.min(n, 20) - 1) end
end
Job.work = tl.background(function(self, n)
  for _ = 1, math.min(n, 10) do
    tl.sleep(0.1)
    tl.with_state(self, function() self.counter = self.counter + 1 end)
  end
end)
function Job:go(n) return Job.work(n) end

for _, handler in pairs { Job.add, Job.any_set, Job.grow, Job.put, Job.push, Job.take, Job.swap, Job.title, Job.tag, Job.clear,
  Job.hide, Job.same, Job.twice, Job.other, Job.fail, Job.fail_with, Job.slow, Job.say, Job.chain, Job.keep, Job.work, Job.go } do
  tl.expose(handler)
end
tl.config { queue_limit = 20, event_burst = 100, event_rate = 50, state_limit = 200000, max_tabs = 20 }

tl.page("/", { title = "Start", on_load = Job.load }, function()
  return ui.main { ui.h1 { Job.counter }, ui.foreach(Job.items, function(item) return ui.p { item.title } end, { key = "id" }) }
end)
tl.page("/post/[id]", {}, function() return ui.p "A post" end)
