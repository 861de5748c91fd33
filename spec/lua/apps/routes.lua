-- routes.lua: two pages whose events note where they came from.
local tl = require "tidelock"
local ui = tl.ui

local Log = tl.state("Log", { lines = {} })

local function note(self, what) self.lines:push(what .. " " .. self.router.path) end

function Log:slow()
  note(self, "slow")
  coroutine.yield(Log.next)
  tl.sleep(1)
  note(self, "slow end")
  return Log.work
end

function Log:next() note(self, "next") end
function Log:fast() note(self, "fast") end
function Log:from_task() note(self, "from task") end

Log.work = tl.background(function(self)
  tl.with_state(self, function() note(self, "task") end)
  return Log.from_task
end)

local function page()
  return ui.main { ui.button { "Slow", on_click = Log.slow }, ui.button { "Fast", on_click = Log.fast } }
end

tl.page("/a", { title = "A" }, page)
tl.page("/b", { title = "B" }, page)
