-- The shop, driven without a browser; with two, where two people are in it.
local tl, t = require "tidelock", require "tidelock.testing"

local APP = "app/shop/main.lua"

local function open(path, browser) return t.open(APP, path or "/", { browser = browser }) end

local function cart(tab) return tab:text "nav a:2" end

local function sign_in(tab, name)
  tab:submit("form", { name = name, password = "tide" })
end

-- The last effect of that name: its arguments.
local function last(tab, name)
  local found
  for _, effect in ipairs(tab:effects()) do
    if effect[1] == name then found = effect[2] end
  end
  return found
end

describe("the catalogue", function()
  it("has a page for each thing, and one for what is not there", function()
    local tab = open()
    assert.equal(6, tab:count "main ul li")
    assert.equal("Shop", tab:title())
    tab:click "Lantern"
    assert.equal("Lantern", tab:text "h1")
    assert.equal("36.00 €", tab:text "strong")
    assert.equal("Lantern – Shop", tab:title())
    tab:click "Add to the cart"
    assert.equal("Lantern is in the cart", last(tab, "toast"))
    assert.equal("Cart (1)", cart(tab))
    assert.equal("We do not have that", open("/thing/submarine"):text "h1")
    local lost = open "/nowhere"
    assert.equal("Nothing here", lost:text "h1")
    lost:click "To the catalogue"
    assert.equal("For your boat", lost:text "h1")
  end)

  it("marks where one is", function()
    local tab = open()
    assert.equal("page", tab:attr("nav a:1", "aria-current"))
    tab:click "nav a:2"
    assert.equal("Cart", tab:text "h1")
    assert.equal("page", tab:attr("nav a:2", "aria-current"))
    assert.is_nil(tab:attr("nav a:1", "aria-current"))
  end)
end)

describe("the cart", function()
  it("is the browser's: a second tab sees it and follows, also on another page", function()
    local one = open()
    one:click("Add", { nth = 1 })
    local two = open "/cart"
    assert.equal("Cart (1)", cart(two))
    assert.equal("49.00 €", two:text "#total")
    one:click("Add", { nth = 2 })
    one:click("Add", { nth = 2 })
    assert.equal("106.00 €", two:text "#total")
    assert.equal("Cart (3) – Shop", two:title())
    two:change("[type=number]:1", 0)
    assert.equal("Cart (2)", cart(one))
    assert.equal(1, two:count "tbody tr")
  end)

  it("is not that of another browser", function()
    local ann, ben = open("/", "Ann's"), open("/cart", "Ben's")
    ann:click("Add", { nth = 1 })
    assert.equal("Cart (1)", cart(ann))
    assert.equal("Cart (0)", cart(ben))
    assert.same({}, ben:deltas())
  end)

  it("takes no half things, nor too many, nor what is not there", function()
    local tab = open()
    tab:click("Add", { nth = 1 })
    tab:click "nav a:2"
    for _, wrong in ipairs { 1.5, 100 } do
      tab:input("[type=number]", wrong)
      tab:change("[type=number]", wrong)
      assert.equal(1, tab:state "Shop".cart[1].count)
    end
    tab:send_event("Shop.add", { "submarine" })
    t.settle()
    assert.equal("Cart (1)", cart(tab))
    assert.same({}, tab:errors())
  end)

  it("forgets a tab that has ended", function()
    local one, two = open(), open()
    two:close()
    t.advance(3600)
    one:click("Add", { nth = 1 })
    assert.equal("Cart (1)", cart(one))
    assert.same({}, one:errors())
    assert.not_matches("error:", t.log())
  end)
end)

describe("signing in", function()
  it("tells what is wrong, at each field", function()
    local tab = open "/sign-in"
    tab:submit("form", { name = " ", password = "ebb" })
    assert.equal("Who are you?", tab:text "#name-problem")
    assert.equal("That is not the password", tab:text "#password-problem")
    assert.equal("true", tab:attr("#name", "aria-invalid"))
    assert.equal("name", last(tab, "focus"))
    tab:submit("form", { name = "Ann", password = "ebb" })
    assert.equal("", tab:text "#name-problem")
    assert.equal("password", last(tab, "focus"))
    assert.equal("", tab:state "Shop".person)
    assert.is_nil(tl.json.encode(tab:state()):find "ebb")
  end)

  it("leads back to where it was asked for, and is known in all tabs", function()
    local tab, other = open "/account", open()
    assert.equal("Sign in", tab:text "h1")
    assert.equal("Sign in", other:text "nav a:3")
    sign_in(tab, "Ann")
    assert.equal("Ann", tab:text "h1")
    assert.equal("Ann – Shop", tab:title())
    assert.equal("Welcome, Ann", last(tab, "toast"))
    assert.equal("Ann", other:text "nav a:3")
    tab:click "Sign out"
    assert.equal("For your boat", tab:text "h1")
    assert.equal("Sign in", other:text "nav a:3")
  end)
end)

describe("an order", function()
  local tab
  before_each(function()
    tab = open()
    tab:click("Add", { nth = 1 })
    tab:click "nav a:2"
  end)

  it("tells what is wrong when it is sent, and follows what is typed from then on", function()
    assert.equal("", tab:text "#postcode-problem")
    tab:input("Postcode", "x")
    assert.equal("", tab:text "#postcode-problem")
    tab:click "Order for 49.00 €"
    assert.equal("A street and a number", tab:text "#street-problem")
    assert.equal("Where do you live?", tab:text "#town-problem")
    assert.equal("street", last(tab, "focus"))
    tab:input("Postcode", "1234")
    assert.equal("", tab:text "#postcode-problem")
    assert.equal("Cart (1)", cart(tab))
  end)

  it("is for those who have signed in, and loses nothing on the way there", function()
    tab:change("Street and number", "Quay 7")
    tab:change("Postcode", "1234")
    tab:change("Town", "Mull")
    tab:click "Order for 49.00 €"
    assert.equal("Sign in", tab:text "h1")
    assert.equal("Sign in first; the cart stays", last(tab, "toast"))
    sign_in(tab, "Ann")
    assert.equal("Cart", tab:text "h1")
    assert.equal("Quay 7", tab:value "Street and number")
    local other = open "/cart"
    tab:click "Order for 49.00 €"
    assert.equal("Ann", tab:text "h1")
    assert.equal("Order 1: 1 thing, 49.00 €", tab:text "main > ul li")
    assert.equal("Cart (0)", cart(tab))
    assert.matches("^Nothing is in it", other:text "main > p")
    tab:click "nav a:1"
    tab:click("Add", { nth = 2 })
    tab:click "nav a:2"
    assert.equal("", tab:value "Street and number")
    assert.equal("", tab:text "#street-problem")
  end)
end)
