-- A second loop: one that was stopped has not seen it yet when the next one starts, and then both go on.
local tl = require "tidelock"
local ui = tl.ui

local Wrong = tl.state("DuplicateLoop", { running = false, beats = 0 })

Wrong.loop = tl.background(function(self)
  local go = true
  while go do
    go = tl.with_state(self, function()
      if self.running then self.beats = self.beats + 1 end
      return self.running
    end)
    if go then tl.sleep(0.5) end
  end
end)

Wrong.restart = tl.background(function(self)
  tl.sleep(0.5)
  tl.with_state(self, function() self.running = false end)
  tl.sleep(0.5)
  tl.with_state(self, function() self.running = true end)
  return Wrong.loop
end)

function Wrong:start()
  self.running = true
  return { Wrong.restart, Wrong.loop }
end

local Mended = tl.state("OneLoop", { running = false, beats = 0, _loops = 0 })

Mended.loop = tl.background(function(self)
  local go = tl.with_state(self, function()
    if self._loops > 0 then return false end -- one is enough
    self._loops = 1
    return true
  end)
  while go do
    go = tl.with_state(self, function()
      if self.running then self.beats = self.beats + 1 else self._loops = 0 end
      return self.running
    end)
    if go then tl.sleep(0.5) end
  end
end)

Mended.restart = tl.background(function(self)
  tl.sleep(0.5)
  tl.with_state(self, function() self.running = false end)
  tl.sleep(0.5)
  tl.with_state(self, function() self.running = true end)
  return Mended.loop
end)

function Mended:start()
  self.running = true
  return { Mended.restart, Mended.loop }
end

local function card(Job)
  return { ui.p { Job.beats, " beats" }, ui.button { "Start", on_click = Job.start } }
end

return { id = "duplicate-loop", title = "A second loop", wrong = card(Wrong), mended = card(Mended) }
