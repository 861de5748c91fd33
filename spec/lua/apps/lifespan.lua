-- lifespan.lua: functions that run while the host runs, and note it in the list `lifespan_log`.
local tl = require "tidelock"
local log = require "lifespan_log"

local Job = tl.state("Job", { n = 0 })
local ready = false

tl.lifespan(function()
  log[#log + 1] = "opened"
  ready = true
  local _ <close> = tl.defer(function()
    tl.sleep(1)
    ready = false
    log[#log + 1] = "closed"
  end)
  while true do
    tl.sleep(10)
    log[#log + 1] = "beat"
  end
end)

tl.lifespan(function()
  tl.gather(function() tl.sleep(1) end, function()
    local _ <close> = tl.defer(function() log[#log + 1] = "child closed" end)
    tl.sleep(1e6)
  end)
end)

tl.lifespan(function() error "it fails" end)

Job.work = tl.background(function()
  local _ <close> = tl.defer(function()
    tl.sleep(1)
    log[#log + 1] = ready and "work ended" or "too late"
  end)
  tl.sleep(1e6)
end)

tl.page("/", function() return tl.ui.button { "Go", on_click = Job.work } end)
