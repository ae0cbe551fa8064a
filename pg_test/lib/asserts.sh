# A PostgreSQL that checks itself, for `./pg_test/test --asserts`: Debian's source package, built with assertions.
#
# With --enable-cassert freed memory is overwritten and writes past a chunk's end are noticed (pg_config_manual.h);
# RANDOMIZE_ALLOCATED_MEMORY fills new memory, so that nobody relies on zeros.

need_build_tools() {
    local packages=()
    command -v dpkg-source >/dev/null || packages+=(dpkg-dev)
    command -v make >/dev/null || packages+=(make)
    [[ -e /usr/include/unicode/ucol.h ]] || packages+=(libicu-dev)
    [[ -e /usr/include/zlib.h ]] || packages+=(zlib1g-dev)
    if ((pg_major >= 17)); then # whose sources come without what bison and flex make
        command -v bison >/dev/null || packages+=(bison)
        command -v flex >/dev/null || packages+=(flex)
        command -v perl >/dev/null || packages+=(perl)
    fi
    apt_install ${packages[@]+"${packages[@]}"}
}

# apt's view of the archives that the machine uses, their sources this time, or of the release that has this version;
# nothing of the machine's own is changed.
apt_sources() {
    local suite
    suite=$(suite_of "$pg_major")
    if [[ -n $suite ]]; then
        echo "deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $(debian_archive) $suite main"
        return
    fi
    apt-get indextargets 'Created-By: Packages' 'Origin: Debian' --format \
        'deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $(REPO_URI) $(RELEASE) $(COMPONENT)' | sort -u
}
private_apt() {
    local tool=$1 folder=$2
    "$tool" -o Dir::Etc::sourcelist="$folder/sources.list" -o Dir::Etc::sourceparts=/dev/null \
        -o Dir::State::lists="$folder/lists" -o Dir::Cache="$folder/cache" "${@:3}"
}

# unpack_source FOLDER: the newest source package that can be had, as FOLDER/postgres.
unpack_source() {
    local folder=$1 package=postgresql-$pg_major versions version
    mkdir -p "$folder/lists/partial" "$folder/cache/archives/partial"
    [[ -n $(apt_sources) ]] || { may_install "$package"; apt_update; }
    apt_sources >"$folder/sources.list"
    quietly apt-update-sources private_apt apt-get "$folder" update -q
    versions=$(private_apt apt-cache "$folder" showsrc "$package" | sed -n 's/^Version: //p' | sort -rV)
    for version in $versions; do
        if (cd "$folder" && private_apt apt-get "$folder" source -q --download-only "$package=$version") >"$logs/apt-source.log" 2>&1; then
            say "building PostgreSQL $version with assertions (some minutes, once)"
            quietly unpack-source dpkg-source --extract "$folder/${package}_${version#*:}.dsc" "$folder/postgres"
            return
        fi
        say "the source of $package $version is not to be had"
    done
    cat "$logs/apt-source.log" >&2
    die "no source of $package to be had"
}

# build_postgres ROOT LIB SHARE INCLUDE: in ROOT, in folders below it that are those of Debian's packages below /usr.
build_postgres() {
    local root=$1 lib=$2 share=$3 include=$4 folder=$work/source
    need_build_tools
    rm -rf "$folder"
    unpack_source "$folder"
    # Programs find libpq from where they are, in bin and in lib/pgxs/src/test/isolation, wherever the tree is copied.
    # shellcheck disable=SC2016 # make turns $$ into $, and the dynamic linker knows $ORIGIN
    quietly configure env -C "$folder/postgres" ./configure --enable-cassert --enable-debug --with-icu --without-readline \
        --prefix="$root" --bindir="$root/$lib/bin" --libdir="$root/$lib/lib" --datadir="$root/$share" --includedir="$root/$include" \
        --disable-rpath LDFLAGS_SL='-Wl,-rpath,'\''$$ORIGIN'\' LDFLAGS_EX='-Wl,-rpath,'\''$$ORIGIN/../lib:$$ORIGIN/../../../..'\' \
        CFLAGS='-O1 -fno-omit-frame-pointer' CPPFLAGS=-DRANDOMIZE_ALLOCATED_MEMORY
    grep -q '^#define USE_ASSERT_CHECKING 1' "$folder/postgres/src/include/pg_config.h" || die "PostgreSQL was configured without assertions"
    quietly make make -j"$(nproc)" -C "$folder/postgres/src" install
    # What the tests make use of besides: a type to take columns for, and sessions from within SQL.
    local extension
    for extension in citext dblink; do
        quietly "make-$extension" make -C "$folder/postgres/contrib/$extension" install
    done
    rm -rf "$folder"
}
