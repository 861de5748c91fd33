-- The lock is kept over a slow fetch: all else in the tab waits for it, too.
local tl = require "tidelock"
local ui = tl.ui

local function fetch()
  tl.sleep(0.4)
  return "High water at six"
end

local function clock()
  return tl.background(function(self)
    for _ = 1, 2 do
      tl.sleep(0.5)
      tl.with_state(self, function() self.seconds = self.seconds + 0.5 end)
    end
  end)
end

local Wrong = tl.state("SlowBlock", { seconds = 0, text = "" })
Wrong.clock = clock()

Wrong.fetch = tl.background(function(self)
  tl.sleep(0.5)
  tl.with_state(self, function() self.text = fetch() end)
end)

function Wrong:start() return { Wrong.clock, Wrong.fetch } end

local Mended = tl.state("ShortBlock", { seconds = 0, text = "" })
Mended.clock = clock()

Mended.fetch = tl.background(function(self)
  tl.sleep(0.5)
  local text = fetch()
  tl.with_state(self, function() self.text = text end)
end)

function Mended:start() return { Mended.clock, Mended.fetch } end

local function card(Job)
  return { ui.p { Job.seconds, " s ", Job.text }, ui.button { "Start", on_click = Job.start } }
end

return { id = "slow-fetch", title = "A lock over a slow fetch", wrong = card(Wrong), mended = card(Mended) }
