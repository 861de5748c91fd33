local tl = require "tidelock"

tl.page("/", {}, function()
  return tl.ui.p "a word" "too" many
end)
