-- outcomes.lua: run by runner_spec.lua: one of each outcome.
local t = require "tidelock.testing"

describe("outcomes", function()
  it("passes", function() end)
  it("fails", function() assert.equal(1, 2) end)
  it("raises #raising", function() error "thrown" end)
  it("misses a button", function()
    local tab = t.open("spec/lua/apps/ui_form.lua", "/")
    tab:click "Nowhere"
  end)
  pending "later"
end)
