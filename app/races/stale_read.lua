-- A lost update: the count is read outside of the block, and written inside when it may be another one by then.
local tl = require "tidelock"
local ui = tl.ui

local function count() tl.sleep(0.2) end -- a ballot box takes a while

local function open_box(self)
  tl.with_state(self, function() self.boxes = self.boxes + 1 end)
end

local Wrong = tl.state("StaleRead", { boxes = 0, votes = 0 })

local function add_stale(self)
  open_box(self)
  local votes = self.votes
  count()
  tl.with_state(self, function() self.votes = votes + 1 end)
end

Wrong.first = tl.background(add_stale)
Wrong.second = tl.background(function(self)
  tl.sleep(0.2) -- comes later
  add_stale(self)
end)

function Wrong:start() return { Wrong.first, Wrong.second } end

local Mended = tl.state("FreshRead", { boxes = 0, votes = 0 })

local function add(self)
  open_box(self)
  count()
  tl.with_state(self, function() self.votes = self.votes + 1 end)
end

Mended.first = tl.background(add)
Mended.second = tl.background(function(self)
  tl.sleep(0.2)
  add(self)
end)

function Mended:start() return { Mended.first, Mended.second } end

local function card(Votes)
  return { ui.p { Votes.votes, " votes in ", Votes.boxes, " boxes" }, ui.button { "Count", on_click = Votes.start } }
end

return { id = "stale-read", title = "A stale read", wrong = card(Wrong), mended = card(Mended) }
