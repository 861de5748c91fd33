-- Drives the page without a browser, on virtual time: `t.advance` moves it, and nothing sleeps.
local tl, t = require "tidelock", require "tidelock.testing"

describe("the counter", function()
  local tab
  before_each(function() tab = t.open("main.lua", "/") end)

  it("counts twice a second until it is stopped", function()
    tab:click "Start"
    t.advance(2)
    assert.equal("4 of 20", tab:text "h2")
    tab:click "Stop"
    t.advance(10)
    assert.equal("4 of 20", tab:text "h2")
    assert.same({}, tl.tasks())
  end)

  it("ends at its goal, and begins anew", function()
    tab:change("input", 3)
    tab:click "Start"
    t.advance(60)
    assert.equal("3 of 3", tab:text "h2")
    tab:click "Start"
    t.advance(0.5)
    assert.equal("1 of 3", tab:text "h2")
  end)

  it("keeps one task when it is stopped and started again between two counts", function()
    tab:click "Start"
    tab:click "Stop"
    tab:click "Start"
    assert.equal(1, #tl.tasks())
    t.advance(1)
    assert.equal("2 of 20", tab:text "h2")
  end)

  it("is cleared while it counts", function()
    tab:click "Start"
    t.advance(2)
    tab:click "Clear"
    t.advance(0.5)
    assert.equal("1 of 20", tab:text "h2")
  end)
end)
