local tl = require "tidelock"

tl.config { tab_tll = 5 }
