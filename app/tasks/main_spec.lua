-- The ten tasks, driven without a browser, on virtual time.
local tl, t = require "tidelock", require "tidelock.testing"

local APP = "app/tasks/main.lua"

describe("ten tasks", function()
  local tab
  before_each(function() tab = t.open(APP, "/") end)

  it("run at once, each at its own pace, and one fails", function()
    tab:click "Start all"
    assert.equal(10, #tl.tasks())
    assert.equal("10 running.", tab:text "header p")
    t.advance(1)
    assert.equal("1.0 s", tab:text "li:1 [role=status]")
    assert.equal("50", tab:attr("li:10 progress", "value"))
    t.advance(20)
    assert.same({}, tl.tasks())
    assert.equal("None is running.", tab:text "header p")
    assert.equal("done in 9.0 s", tab:text "li:1 [role=status]")
    assert.equal("done in 2.0 s", tab:text "li:10 [role=status]")
    assert.equal("the disk is full", tab:text "li:7 .error")
    assert.same({}, tab:errors())
  end)

  it("are stopped one by one, and the others go on", function()
    tab:click "Start all"
    t.advance(1)
    tab:click("Stop", { within = "li:2" })
    assert.equal("stopped after 1.0 s", tab:text "li:2 [role=status]")
    assert.equal(9, #tl.tasks())
    t.advance(1)
    assert.equal("stopped after 1.0 s", tab:text "li:2 [role=status]")
    assert.equal("2.0 s", tab:text "li:1 [role=status]")
    tab:click("Start", { within = "li:2" })
    t.advance(0.5)
    assert.equal("0.5 s", tab:text "li:2 [role=status]")
  end)

  it("are stopped all together, and may start again at once", function()
    tab:click "Start all"
    t.advance(1.05)
    tab:click "Stop all"
    assert.same({}, tl.tasks())
    assert.equal("None is running.", tab:text "header p")
    tab:click "Start all"
    assert.equal(10, #tl.tasks())
    t.advance(0.1)
    assert.equal("0.1 s", tab:text "li:3 [role=status]")
  end)

  it("are not started twice", function()
    tab:click("Start", { within = "li:1" })
    tab:click "Start all"
    assert.equal(10, #tl.tasks())
    assert.is_true(tab:exists "button[disabled]")
  end)

  it("go on while the page is away, and end with the tab", function()
    tab:click "Start all"
    tab:disconnect()
    t.advance(3)
    tab:reconnect()
    assert.equal("done in 2.0 s", tab:text "li:10 [role=status]")
    assert.equal("3.0 s", tab:text "li:1 [role=status]")
  end)
end)
