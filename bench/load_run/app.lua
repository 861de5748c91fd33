-- What script/load opens thousands of times: a task that counts at a steady pace, and one that writes more than a socket
-- holds, and a handler. Each commit counts up by one, so that a page can tell from its versions what the counter has to be.
local tl = require "tidelock"
local ui = tl.ui

-- A tab that is left is gone soon, so that the end of a run can see its memory come back.
tl.config { tab_ttl = 5, event_rate = 0 }

local TEXT = ("x"):rep(8 * 1024)

local Load = tl.state("Load", { counter = 0, ticks = 0, text = "" })

local function count(self) self.counter = self.counter + 1 end

local function write(self)
  self.counter = self.counter + 1
  self.text = self.counter .. TEXT
end

local function every(seconds, step)
  return tl.background(function(self)
    while true do
      tl.sleep(tonumber(os.getenv(seconds)))
      tl.with_state(self, step)
    end
  end)
end

Load.beat = every("LOAD_BEAT", count)
Load.pour = every("LOAD_POUR", write)

function Load:tick()
  count(self)
  self.ticks = self.ticks + 1
end

tl.expose(Load.beat, Load.pour, Load.tick)
tl.page("/", { title = "Load" }, function() return ui.p { Load.counter } end)
