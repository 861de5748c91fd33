-- The filtered list, driven without a browser.
local t = require "tidelock.testing"

local APP = "app/filter/main.lua"
local STATUS = "[role=status]"

describe("the list", function()
  local tab
  before_each(function() tab = t.open(APP, "/") end)

  -- holds: computed.window
  it("shows the first hundred of ten thousand, and more when asked", function()
    assert.equal("10000 people, 100 shown", tab:text(STATUS))
    assert.equal(100, tab:count "tbody tr")
    assert.equal("Ada A. Abel", tab:text "tbody tr:1 td:1")
    tab:click "More"
    assert.equal(200, tab:count "tbody tr")
    assert.is_nil(tab:state "Filter"._people)
  end)

  it("is filtered at each keystroke, whatever the case, by name, city and team", function()
    tab:input("Filter", "MOR")
    assert.equal("400 people, 100 shown", tab:text(STATUS))
    tab:input("Filter", "Moreau")
    tab:input("Filter", "ada a. moreau")
    assert.equal("1 person, 1 shown", tab:text(STATUS))
    assert.is_false(tab:exists "More")
    tab:input("Filter", "åsa a. gRÜN")
    assert.equal("Åsa A. Grün", tab:text "tbody td:1")
    tab:input("Filter", "Bergen")
    assert.equal("1250 people, 100 shown", tab:text(STATUS))
    tab:input("Filter", "rescue")
    assert.equal("2000 people, 100 shown", tab:text(STATUS))
    tab:input("Filter", "%d")
    assert.equal("0 people, 0 shown", tab:text(STATUS))
    tab:input("Filter", "")
    assert.equal("10000 people, 100 shown", tab:text(STATUS))
  end)

  it("is sorted by a column, also while it is filtered", function()
    tab:input("Filter", "moreau")
    tab:click "Joined"
    assert.equal("ascending", tab:attr("th:4", "aria-sort"))
    assert.is_nil(tab:attr("th:1", "aria-sort"))
    local last = 0
    for i, person in ipairs(tab:state "Filter".shown) do
      assert.is_true(person.joined >= last, i)
      last = person.joined
    end
    assert.equal(100, tab:count "tbody tr")
  end)
end)

describe("a row", function()
  local tab
  before_each(function() tab = t.open(APP, "/") end)

  it("is edited in its place, and moves to where it belongs then", function()
    tab:input("Filter", "moreau")
    tab:click("Edit", { nth = 3 })
    assert.same({ "focus", "name" }, tab:effects()[1])
    assert.equal("Ada C. Moreau", tab:value "#name")
    tab:submit("#edit", { name = "Zoe Moreau", city = "Oslo", team = "Boats" })
    assert.is_false(tab:exists "#name")
    assert.equal("400 people, 100 shown", tab:text(STATUS))
    tab:input("Filter", "zoe")
    assert.equal("1 person, 1 shown", tab:text(STATUS))
    assert.equal("Zoe Moreau", tab:text "tbody td:1")
    assert.equal("Oslo", tab:text "tbody td:2")
  end)

  it("stays as it was when the edit is cancelled, and needs a name", function()
    tab:click("Edit", { nth = 1 })
    assert.has_error(function() tab:submit("#edit", { name = "" }) end,
      'the browser does not submit the form: <input id="name" name="name" aria-label="Name"> is required')
    tab:click "Cancel"
    assert.equal("Ada A. Abel", tab:text "tbody tr:1 td:1")
  end)

  it("is one tab's: another sees the list as it was", function()
    local other = t.open(APP, "/")
    tab:click("Edit", { nth = 1 })
    tab:submit("#edit", { name = "Aaa" })
    assert.equal("Aaa", tab:text "tbody tr:1 td:1")
    assert.equal("Ada A. Abel", other:text "tbody tr:1 td:1")
  end)
end)
