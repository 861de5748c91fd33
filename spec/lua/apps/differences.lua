-- A state whose lists and maps a failed assertion tells of.
local tl = require "tidelock"
local ui = tl.ui
local assert = require "luassert"

local Notes = tl.state("Notes", { list = { { text = "Ebb", done = false }, { text = "Tide", done = false } } })

function Notes:look()
  local _, one = pcall(assert.same, { { text = "Ebb", done = true }, { text = "Tide", done = false } }, self.list)
  local _, two = pcall(assert.same, { list = { { text = "Ebb", done = false }, { text = "Ebb", done = false } } }, { list = self.list })
  package.loaded.differences_spec_told = tostring(one) .. "\n" .. tostring(two)
end

tl.page("/", { title = "Notes" }, function() return ui.main { ui.button { "Look", on_click = Notes.look } } end)
