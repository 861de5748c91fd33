-- triggers_spec.lua: the options of tl.on in the driven page, alone and together (contract, section 6); what a setter says to the
-- person whose input it cannot use.
local t = require "tidelock.testing"

local function open()
  local tab = t.open("spec/lua/apps/triggers.lua", "/")
  return tab, function() return tab:state "Log".lines end
end

describe("tl.on", function()
  -- holds: option.stop_propagation
  it("stop_propagation keeps an event from what is around", function()
    local tab, lines = open()
    tab:click "Inner"
    assert.same({ "inner" }, lines())
  end)

  -- holds: option.prevent_default
  it("prevent_default keeps the browser from following the link", function()
    local tab, lines = open()
    tab:click "Stay"
    assert.same({ "stay" }, lines())
    assert.is_false(tab:exists "h1")
  end)

  -- holds: option.temporal
  it("temporal drops what is fired without a connection, and nothing else", function()
    local tab, lines = open()
    tab:click "Live"
    tab:disconnect()
    tab:click "Live"
    tab:click "Any"
    tab:reconnect()
    assert.same({ "live", "any" }, lines())
  end)

  it("temporal with a debounce asks for the connection when the time is over", function()
    local tab, lines = open()
    tab:click "Late live"
    tab:disconnect()
    t.advance(1)
    tab:reconnect()
    assert.same({}, lines())
    tab:disconnect()
    tab:click "Late live"
    tab:reconnect()
    t.advance(1)
    assert.same({ "late" }, lines())
  end)

  -- holds: option.key
  it("key fires for its key only, also with a debounce", function()
    local tab, lines = open()
    tab:fire("#keys", "keydown", "Enter")
    assert.same({ "enter", "key Enter" }, { lines()[1]:match "^enter", lines()[2] })
    tab:fire("#keys", "keydown", "Escape")
    tab:fire("#keys", "keydown", "a")
    t.advance(1)
    local seen = {}
    for _, line in ipairs(lines()) do seen[line:match "^%a+"] = (seen[line:match "^%a+"] or 0) + 1 end
    assert.same({ enter = 1, escape = 1, key = 3 }, seen)
  end)

  it("around a list counts for each of its entries, which keep their own", function()
    local tab, lines = open()
    tab:click "Both"
    tab:click "Both"
    assert.same({ "now", "each", "now", "each" }, { lines()[1], lines()[2], lines()[3], lines()[4] })
    tab:disconnect()
    tab:click "Both"
    tab:reconnect()
    assert.equal(4, #lines())
  end)
end)

describe("a setter", function()
  -- holds: setter.error
  it("tells the person at the page what is wrong with a number, whatever it is", function()
    local tab = open()
    local wrong = {
      { "n", "abc", 'This needs a whole number, and there is "abc".' },
      { "n", "1.5", 'This needs a whole number, and there is "1.5".' },
      { "n", "9007199254740993", 'This needs a whole number, and there is "9007199254740993".' },
      { "x", "1e999", 'This needs a number, and there is "1e999".' },
    }
    for i, case in ipairs(wrong) do
      tab:send_event("Log.set_" .. case[1], { case[2] })
      t.settle()
      assert.equal(case[3], tab:errors()[i].say)
    end
    assert.same({ 0, 0 }, { tab:state "Log".n, tab:state "Log".x })
  end)
end)
