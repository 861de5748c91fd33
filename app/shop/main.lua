-- A shop: a catalogue, a page for each thing, a cart with a form for the order, and an account for who has signed in.
--
-- The cart belongs to the browser, by its session: a second tab sees it, and follows. What a tab shows of it are vars, which are copied
-- from the session when a page is opened, and when the session has changed.

local tl = require "tidelock"
local ui = tl.ui

local goods = require "goods"
local sessions = require "sessions"

local by_id = {}
for _, thing in ipairs(goods) do by_id[thing.id] = thing end

local PASSWORD = "tide" -- everybody's: there is nothing to steal here

-- The cart -------------------------------------------------------------------------------------------

local Shop = tl.state("Shop", {
  person = "", -- who has signed in
  cart = {}, -- { id, title, price, count }, in the order of the catalogue
  orders = {}, -- { number, things, total }
})

Shop.count = tl.computed(function(self)
  local n = 0
  for _, line in ipairs(self.cart) do n = n + line.count end
  return n
end)

Shop.total = tl.computed(function(self)
  local cents = 0
  for _, line in ipairs(self.cart) do cents = cents + line.count * line.price end
  return cents
end)

-- Shows what the session has.
function Shop:_follow()
  local session, cart = sessions.of(self), {}
  for _, thing in ipairs(goods) do
    local count = session.cart[thing.id]
    if count then cart[#cart + 1] = { id = thing.id, title = thing.title, price = thing.price, count = count } end
  end
  self.person, self.cart, self.orders = session.person, cart, session.orders
end

-- Changes the session by fn, here and in the other tabs. Nothing in fn can fail half-way: a plain table is not rolled back.
function Shop:_change(fn)
  fn(sessions.of(self))
  self:_follow()
  sessions.tell_others(self, Shop, function(shop) shop:_follow() end)
end

-- Every page begins with it.
function Shop:enter()
  sessions.of(self).tabs[self:get_token()] = true
  self:_follow()
end

function Shop:add(id)
  local thing = by_id[id] -- what a page sends may be anything
  if not thing then return end
  self:_change(function(session) session.cart[id] = (session.cart[id] or 0) + 1 end)
  return tl.toast(thing.title .. " is in the cart", { kind = "success" })
end

function Shop:set_count(id, count)
  if not by_id[id] or math.type(count) ~= "integer" or count > 99 then return self:_follow() end
  self:_change(function(session) session.cart[id] = count > 0 and count or nil end)
end

-- A page of its own for each thing ---------------------------------------------------------------------

local Thing = tl.state("Thing", { id = "", title = "", price = 0, about = "", missing = false })

function Thing:load()
  local thing = by_id[self.router.params.id]
  self.missing = not thing
  if thing then self.id, self.title, self.price, self.about = thing.id, thing.title, thing.price, thing.about end
end

-- Signing in ------------------------------------------------------------------------------------------

local SignIn = tl.state("SignIn", { problems = tl.map {}, _back = "/" })

-- For pages that are for those who have signed in.
function SignIn:required()
  if sessions.of(self).person ~= "" then return end
  self._back = self.router.path
  return tl.redirect("/sign-in", { replace = true })
end

function SignIn:sign_in(fields)
  local name = fields.name:match "^%s*(.-)%s*$"
  self.problems = tl.map {
    name = name == "" and "Who are you?" or nil,
    password = fields.password ~= PASSWORD and "That is not the password" or nil,
  }
  for _, field in ipairs { "name", "password" } do
    if self.problems[field] then return tl.focus(field) end
  end
  self:get_state(Shop):_change(function(session) session.person = name end)
  local back = self._back
  self._back = "/"
  return tl.redirect(back, { replace = true }), tl.toast("Welcome, " .. name)
end

function SignIn:sign_out()
  self:get_state(Shop):_change(function(session) session.person = "" end)
  return tl.redirect "/", tl.toast "Good bye"
end

-- The order --------------------------------------------------------------------------------------------

local Order = tl.state("Order", { street = "", town = "", postcode = "", tried = false })

local FIELDS = { "street", "town", "postcode" }

local check = {}

function check.street(self)
  if not self.street:find "%d" then return "A street and a number" end
end

function check.town(self)
  if self.town:match "^%s*$" then return "Where do you live?" end
end

function check.postcode(self)
  if not self.postcode:match "^%d%d%d%d%d?$" then return "Four or five digits" end
end

-- From when the form was sent for the first time, it follows what is typed.
Order.problems = tl.computed(function(self)
  local problems = tl.map {}
  for _, field in ipairs(FIELDS) do problems[field] = self.tried and check[field](self) or nil end
  return problems
end)

function Order:send()
  local shop = self:get_state(Shop)
  if shop.count == 0 then return tl.toast("The cart is empty", { kind = "warning" }) end
  self.tried = true
  for _, field in ipairs(FIELDS) do
    if self.problems[field] then return tl.focus(field) end
  end
  local required = self:get_state(SignIn):required()
  if required then return required, tl.toast "Sign in first; the cart stays" end
  local things, total = shop.count, shop.total
  shop:_change(function(session)
    table.insert(session.orders, 1, { number = #session.orders + 1, things = things, total = total })
    session.cart = {}
  end)
  self:reset()
  return tl.redirect "/account", tl.toast("Thank you! It is on its way.", { kind = "success" })
end

-- The pages ----------------------------------------------------------------------------------------------

local function euros(cents) return (cents / 100):format "%.2f €" end

-- What all pages have. `path`: the one of the links that leads here.
local function frame(path, content)
  local function link(to, ...)
    return ui.a { href = to, aria_current = to == path and "page" or nil, ... }
  end
  return ui.main {
    ui.header { ui.nav { aria_label = "Shop",
      link("/", "Catalogue"),
      link("/cart", "Cart (", Shop.count, ")"),
      ui.cond(Shop.person:ne "", link("/account", Shop.person), link("/sign-in", "Sign in")),
    } },
    content,
  }
end

local function page(path, options, content)
  options.on_load = { Shop.enter, options.on_load }
  tl.page(path, options, function() return frame(path, content()) end)
end

-- A label, a control and the line below it.
local function field(problems, name, title, attrs)
  local problem = problems[name]
  attrs.id, attrs.name = name, name
  attrs.aria_invalid, attrs.aria_describedby = ui.cond(problem, "true"), name .. "-problem"
  return ui.div {
    ui.label { title, ["for"] = name }, ui.input(attrs),
    ui.p { id = name .. "-problem", class = "error", problem },
  }
end

page("/", { title = "Shop" }, function()
  local list = {}
  for i, thing in ipairs(goods) do
    list[i] = ui.li { class = "card",
      ui.h2 { ui.a { href = "/thing/" .. thing.id, thing.title } },
      ui.p { ("%.2f €"):format(thing.price / 100) },
      ui.button { "Add", aria_label = "Add " .. thing.title, on_click = Shop.add(thing.id) },
    }
  end
  return { ui.h1 "For your boat", ui.ul { class = "grid", list } }
end)

page("/thing/[id]", { title = ui.cond(Thing.missing, "Nothing here", Thing.title .. " – Shop"), on_load = Thing.load }, function()
  return ui.cond(Thing.missing, { ui.h1 "We do not have that", ui.p { ui.a { "To the catalogue", href = "/" } } }, {
    ui.h1 { Thing.title },
    ui.p { Thing.about },
    ui.p { ui.strong { euros(Thing.price) } },
    ui.button { "Add to the cart", class = "primary", on_click = Shop.add(Thing.id) },
  })
end)

local function lines()
  return ui.table {
    ui.thead { ui.tr { ui.th "Thing", ui.th "How many", ui.th "Price" } },
    ui.tbody { ui.foreach(Shop.cart, function(line)
      return ui.tr {
        ui.td { ui.a { href = "/thing/" .. line.id, line.title } },
        ui.td { ui.input { type = "number", min = 0, max = 99, aria_label = "How many: " .. line.title, value = line.count,
          on_change = Shop.set_count(line.id) } },
        ui.td { euros(line.count * line.price) },
      }
    end, { key = "id" }) },
    ui.tfoot { ui.tr { ui.th "Total", ui.td {}, ui.td { id = "total", ui.strong { euros(Shop.total) } } } },
  }
end

page("/cart", { title = "Cart (" .. Shop.count .. ") – Shop" }, function()
  return {
    ui.h1 "Cart",
    ui.cond(Shop.count:eq(0), ui.p { "Nothing is in it. ", ui.a { "To the catalogue", href = "/" } }, {
      lines(),
      ui.form { class = "card", novalidate = true, on_submit = Order.send,
        ui.h2 "Where it goes",
        field(Order.problems, "street", "Street and number", { value = ui.bind(Order.street), autocomplete = "street-address" }),
        field(Order.problems, "postcode", "Postcode", { value = ui.bind(Order.postcode), inputmode = "numeric", autocomplete = "postal-code" }),
        field(Order.problems, "town", "Town", { value = ui.bind(Order.town), autocomplete = "address-level2" }),
        ui.button { "Order for ", euros(Shop.total) },
      },
    }),
  }
end)

page("/sign-in", { title = "Sign in – Shop" }, function()
  return {
    ui.h1 "Sign in",
    ui.form { class = "card", novalidate = true, on_submit = SignIn.sign_in,
      field(SignIn.problems, "name", "Name", { autocomplete = "username" }),
      field(SignIn.problems, "password", "Password", { type = "password", autocomplete = "current-password" }),
      ui.p { class = "help", "Any name will do. The password is “tide”." },
      ui.button "Sign in",
    },
  }
end)

page("/account", { title = Shop.person .. " – Shop", on_load = SignIn.required }, function()
  return {
    ui.h1 { Shop.person },
    ui.cond((#Shop.orders):eq(0), ui.p "No orders so far."),
    ui.ul { class = "stack", ui.foreach(Shop.orders, function(order)
      return ui.li { class = "card", ui.strong { "Order ", order.number }, ": ", order.things,
        ui.cond(order.things:eq(1), " thing, ", " things, "), euros(order.total) }
    end, { key = "number" }) },
    ui.button { "Sign out", on_click = SignIn.sign_out },
  }
end)

page("404", { title = "Nothing here" }, function()
  return { ui.h1 "Nothing here", ui.p { ui.a { "To the catalogue", href = "/" } } }
end)
