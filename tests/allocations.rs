//! How often memory is asked for: a clone of a large pool shares what it can, and a run of a sweep asks for no more the hundredth
//! time than the second. A program of its own, since it counts what the whole program allocates.

use poolsim::base::time::{Span, Time};
use poolsim::engine::Options;
use poolsim::run::Session;
use poolsim::scenario::load;
use poolsim::scenario::model::{Case, Scenario};
use poolsim::search::sweep::Prepared;
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

/// The system's allocator, counted by thread: tests run side by side.
struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

fn count() {
    // A thread that ends has nothing to count by any more.
    let _ = ALLOCATIONS.try_with(|allocations| allocations.set(allocations.get() + 1));
}

// SAFETY: all is done by the system's allocator, with what it is given.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        unsafe { System.dealloc(pointer, layout) }
    }
    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// How often some work asks for memory.
fn allocations<R>(work: impl FnOnce() -> R) -> (u64, R) {
    let before = ALLOCATIONS.get();
    let done = work();
    (ALLOCATIONS.get() - before, done)
}

fn scenario(text: &str) -> Scenario {
    load("pool.yaml", text).expect("a valid scenario").scenario
}

/// A silent session of a pool of so many hosts, with 200 VMs, where it stands after 16 minutes.
fn session(hosts: &str, more: &str) -> Session {
    let pool = format!(
        "pool:\n  hosts: [xs01..{hosts}]\n  storage: {{nfs1: {{type: nfs}}}}\n  vms: {{vm001..vm200: {{running-on: xs01..{hosts}}}}}\n"
    );
    let mut session = Session::new(&scenario(&(pool + more)), Case::default(), Options { silent: true, ..Options::default() }, &[]);
    session.until(Time::ZERO + Span::mins(16));
    session
}

/// What a clone copies is lists that are shared until somebody writes, one each: it hangs on neither hosts nor VMs nor disks.
#[test]
fn a_clone_asks_for_memory_by_the_list_not_by_the_thing() {
    let (few, many) = (session("xs08", ""), session("xs64", ""));
    let (of_few, copy) = allocations(|| few.clone());
    let (of_many, other) = allocations(|| many.clone());
    assert!(copy.engine.world == few.engine.world && other.engine.world == many.engine.world);
    assert!(of_many <= of_few + 2, "{of_few} for 8 hosts, {of_many} for 64");
    assert!(of_many <= 40, "{of_many}");
    let with_ha = session("xs64", "  ha: {timeout: 60s}\n");
    let (of_ha, _) = allocations(|| with_ha.clone());
    assert!(of_ha <= of_many + 10, "{of_many} without HA, {of_ha} with it");
}

/// A change of a copy copies what it changes, and no other host's or disk's.
#[test]
fn a_change_of_a_copy_copies_what_it_changes() {
    let session = session("xs64", "");
    let mut copy = session.clone();
    let (copied, ()) = allocations(|| copy.engine.world.stacks[5].fuse = true);
    // One toolstack, with those of its lists that are not empty.
    assert!((1..=4).contains(&copied), "{copied}");
    let (again, ()) = allocations(|| copy.engine.world.stacks[5].fuse = false);
    assert_eq!(again, 0, "it is its own by now");
    assert!(copy.engine.world == session.engine.world);
}

/// Nothing is gathered from run to run: neither by the case that is run, nor by anything that it shares.
#[test]
fn a_run_of_a_sweep_asks_for_as_much_as_the_one_before() {
    let text = "until: 1h\npool: {hosts: [alpha, beta, gamma], storage: [nfs1], vms: {db: {running-on: beta}}}\ntimeline: [{at: 10m..25m, fault: {crash: beta}, for: 20m}]\n";
    let prepared = Prepared::new(&scenario(text), Case::default(), (1_000_000, 600_000_000));
    let first = prepared.sample(7);
    let (once, second) = allocations(|| prepared.sample(7));
    (0..100).for_each(|seed| drop(prepared.sample(seed)));
    let (later, last) = allocations(|| prepared.sample(7));
    assert!(first == second && second == last);
    assert_eq!(once, later);
    assert!(once > 0, "what counts counts");
}
