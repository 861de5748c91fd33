-- ui_endless.lua: two pages that send their visitors to each other.
local tl = require "tidelock"
local ui = tl.ui

local Way = tl.state("Way", {})

function Way:there() return tl.redirect "/there" end
function Way:back() return tl.redirect "/back" end

tl.page("/", function() return ui.button { "Go", on_click = Way.there } end)
tl.page("/there", { on_load = Way.back }, function() return ui.p "there" end)
tl.page("/back", { on_load = Way.there }, function() return ui.p "back" end)
