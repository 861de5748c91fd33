-- Five common mistakes with background tasks, each beside what is right. In their ordinary order all ten do what they should;
-- `tidelock test app/races/wrong.lua --schedules 1000` finds the order in which the wrong ones do not. See docs/races.md.
local tl = require "tidelock"
local ui = tl.ui

local RACES = { require "stale_read", require "duplicate_loop", require "forgotten_cancel", require "slow_fetch", (require "wrong_order") }

local function card(race, kind)
  return ui.section { class = "card", id = race.id .. "-" .. kind, ui.h3(kind == "wrong" and "Wrong" or "Mended"), race[kind] }
end

tl.page("/", { title = "Races" }, function()
  local main = { ui.h1 "Races" }
  for _, race in ipairs(RACES) do
    main[#main + 1] = ui.h2(race.title)
    main[#main + 1] = ui.div { class = "row", card(race, "wrong"), card(race, "mended") }
  end
  return ui.main(main)
end)
