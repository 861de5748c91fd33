/* loan.c: see loan.h. */
#include "core/loan.h"

static atomic_flag busy = ATOMIC_FLAG_INIT;

void tl__loan_lock(void) {
  if (__libc_single_threaded) return;
  while (atomic_flag_test_and_set_explicit(&busy, memory_order_acquire)) {
  }
}

void tl__loan_unlock(void) {
  if (!__libc_single_threaded) atomic_flag_clear_explicit(&busy, memory_order_release);
}

bool tl__loan_borrow(tl_node *copy, tl_node *lender) {
  if (!tl__has_loan(copy->cap) || copy->cap != lender->cap) return false;
  tl__loan *from = tl__loan_of(lender);
  tl__loan_lock();
  bool free = !from->heir;
  if (free) {
    from->heir = copy;
    *tl__loan_of(copy) = (tl__loan){lender, NULL, 0};
  }
  tl__loan_unlock();
  return free;
}

void tl__loan_own(tl_node *node, size_t i) {
  if (!tl__has_loan(node->cap)) return;
  tl__loan *l = tl__loan_of(node);
  tl__loan_lock();
  if (!(l->owned >> i & 1)) {
    tl__slot_keep(node, i);
    l->owned |= (uint32_t)1 << i;
  }
  tl__loan_unlock();
}

uint32_t tl__loan_owned(tl_node *node) {
  if (!tl__has_loan(node->cap)) return TL__ALL;
  tl__loan_lock();
  uint32_t owned = tl__loan_of(node)->owned;
  tl__loan_unlock();
  return owned;
}

uint32_t tl__loan_since(tl_node *node, const tl_node *old) {
  if (!tl__has_loan(node->cap)) return TL__ALL;
  const tl__loan *l = tl__loan_of(node);
  tl__loan_lock();
  uint32_t which = l->lender == old ? l->owned : TL__ALL;
  tl__loan_unlock();
  return which;
}

void tl__loan_own_all(tl_node *node) {
  if (!tl__has_loan(node->cap)) return;
  tl__loan *l = tl__loan_of(node);
  tl__loan_lock();
  if (l->owned != TL__ALL) {
    for (size_t i = 0; i < node->n; i++)
      if (!(l->owned >> i & 1)) tl__slot_keep(node, i);
    l->owned = TL__ALL;
  }
  if (l->lender) tl__loan_of(l->lender)->heir = NULL;
  l->lender = NULL;
  tl__loan_unlock();
}

uint32_t tl__loan_end(tl_node *node) {
  if (!tl__has_loan(node->cap)) return TL__ALL;
  const tl__loan *l = tl__loan_of(node);
  tl__loan_lock();
  uint32_t drop = l->owned;
  if (l->heir) {
    tl__loan *heir = tl__loan_of(l->heir);
    drop &= heir->owned;
    heir->owned |= l->owned;
    heir->lender = l->lender;
  }
  if (l->lender) tl__loan_of(l->lender)->heir = l->heir;
  tl__loan_unlock();
  return drop;
}
