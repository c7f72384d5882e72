use std::sync::Mutex;
static INPUT: Mutex<Vec<u8>> = Mutex::new(Vec::new());
static OUTPUT: Mutex<Vec<u8>> = Mutex::new(Vec::new());
#[unsafe(no_mangle)]
pub extern "C" fn input(length: usize) -> *mut u8 { let mut i = INPUT.lock().unwrap(); *i = vec![0; length]; i.as_mut_ptr() }
#[unsafe(no_mangle)]
pub extern "C" fn call() -> usize {
    let text = String::from_utf8(std::mem::take(&mut *INPUT.lock().unwrap())).unwrap();
    let out = match poolsim::run_text("x.yaml", &text) { Ok(r) => r.iter().map(|r| format!("{} {}\n", r.events, r.digest)).collect::<String>(), Err(e) => e.iter().map(|d| d.render(false)).collect() };
    let mut o = OUTPUT.lock().unwrap(); *o = out.into_bytes(); o.len()
}
#[unsafe(no_mangle)]
pub extern "C" fn output() -> *const u8 { OUTPUT.lock().unwrap().as_ptr() }
