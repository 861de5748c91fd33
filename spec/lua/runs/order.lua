-- order.lua: run by runner_spec.lua: after_each and finally still see the app, and each `it` a new one.
local t = require "tidelock.testing"

local tab

describe("the app", function()
  before_each(function() tab = t.open("spec/lua/apps/ui_form.lua", "/") end)
  after_each(function() assert.is_false(tab:state("Form").open) end)

  for i = 1, 2 do
    it("is closed once " .. i, function()
      finally(function() assert.is_false(tab:state("Form").open) end)
      tab:click "Close"
    end)
  end
end)
