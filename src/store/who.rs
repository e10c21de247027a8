//! The user of this process, and a test whether another process still runs.

/// Name of the user of this process: from the environment, or else from the system.
pub fn user() -> String {
    let said = ["USER", "LOGNAME", "USERNAME"].iter().filter_map(std::env::var_os);
    let mut said = said.map(|name| name.to_string_lossy().trim().to_owned());
    said.find(|name| !name.is_empty()).unwrap_or_else(system_user)
}

#[cfg(unix)]
fn system_user() -> String {
    let uid = rustix::process::getuid().as_raw().to_string();
    let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    // name:password:number:...
    let mut users = users.lines().map(|line| line.split(':').collect::<Vec<_>>());
    let found = users.find(|fields| fields.get(2) == Some(&uid.as_str()));
    let name = found.and_then(|fields| fields.first().map(|name| (*name).to_owned()));
    name.unwrap_or_else(|| format!("uid {uid}"))
}

#[cfg(not(unix))]
fn system_user() -> String {
    String::new()
}

/// Returns true if a process with this number runs.
#[cfg(unix)]
pub fn is_alive(pid: &str) -> bool {
    let pid = pid.parse().ok().filter(|pid| *pid > 0).and_then(rustix::process::Pid::from_raw);
    pid.is_some_and(|pid| match rustix::process::test_kill_process(pid) {
        Ok(()) => true,
        // It runs, and belongs to another user.
        Err(error) => error == rustix::io::Errno::PERM,
    })
}

/// On other systems the name in the file is trusted: it is removed when the lock is released.
#[cfg(not(unix))]
pub fn is_alive(_: &str) -> bool {
    true
}
