local tl = require "tidelock"

tl.page("/", { title = "Fine" }, function() return tl.ui.p "fine" end)
