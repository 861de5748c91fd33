-- An answer that nobody waits for: the search for what was typed before goes on, and its answer may come last.
local tl = require "tidelock"
local ui = tl.ui

local function search(text)
  tl.sleep(0.1 * (5 - #text)) -- short words have many places
  return "places named " .. text
end

local Wrong = tl.state("ForgottenCancel", { found = "" })

Wrong.search = tl.background(function(self, text)
  local found = search(text)
  tl.with_state(self, function() self.found = found end)
end)

local Mended = tl.state("Cancelled", { found = "" })

Mended.search = tl.background(function(self, text)
  local found = search(text)
  tl.with_state(self, function() self.found = found end)
end)

function Mended:typed(text)
  tl.cancel(self, Mended.search)
  return Mended.search(text)
end

local function card(Search, on_input)
  return { ui.input { aria_label = "Place", on_input = on_input }, ui.p { Search.found } }
end

return { id = "forgotten-cancel", title = "A forgotten cancel", wrong = card(Wrong, Wrong.search), mended = card(Mended, Mended.typed) }
