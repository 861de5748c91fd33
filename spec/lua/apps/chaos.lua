-- What chaos_spec.lua does on a page: each button's effect can be counted.
local tl = require "tidelock"
local ui = tl.ui

local Sum = tl.state("Sum", { n = 0, text = "", list = {}, map = tl.map {}, loads = 0, _secret = 0 })

function Sum:add(k)
  self.n = self.n + k
  self._secret = self._secret + 1
end

function Sum:slow(k)
  tl.sleep(0.3)
  self.n = self.n + k
end

function Sum:steps(k)
  for _ = 1, k do
    self.n = self.n + 1
    coroutine.yield()
    tl.sleep(0.1)
  end
end

function Sum:fail()
  self.n = self.n + 1000
  error "on purpose"
end

function Sum:chain() return Sum.add(1) end
function Sum:write() self.text = self.text .. "x" end
function Sum:push() self.list:push { id = #self.list + 1, at = self.n } end
function Sum:put() self.map["k" .. self.n % 5] = self.n end
function Sum:load() self.loads = self.loads + 1 end

Sum.work = tl.background(function(self)
  for _ = 1, 3 do
    tl.with_state(self, function() self.n = self.n + 1 end)
    tl.sleep(0.2)
  end
end)

function Sum:wait(seconds)
  tl.sleep(seconds)
  self.n = self.n + 1
end

tl.config { tab_ttl = 100 }
tl.page("/", { title = "Sum", on_load = Sum.load }, function()
  return ui.main {
    ui.p { Sum.n },
    ui.button { "add", on_click = Sum.add(7) }, ui.button { "slow", on_click = Sum.slow(5) },
    ui.button { "steps", on_click = Sum.steps(3) }, ui.button { "fail", on_click = Sum.fail },
    ui.button { "chain", on_click = Sum.chain }, ui.button { "write", on_click = Sum.write },
    ui.button { "push", on_click = Sum.push }, ui.button { "put", on_click = Sum.put }, ui.button { "work", on_click = Sum.work },
    ui.button { "wait", on_click = Sum.wait(150) }, ui.button { "wait for ever", on_click = Sum.wait(1e6) },
  }
end)
