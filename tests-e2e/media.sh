#!/bin/sh
# SPDX-License-Identifier: MIT
# media.sh - makes the files that stand in for cameras and microphones, and prints the folder that holds them.
#
#   person.mjpeg  640x360, 30 fps, 8 s: a person at a webcam, with a frame counter burnt in
#   other.mjpeg   the same person mirrored and tinted blue: tells the two cameras apart
#   speech.wav    48 kHz mono: read English speech
#   tone.wav      48 kHz mono: 1 kHz, half of each second
#
# The counter: a black strip at the bottom left, in it nine blocks of 32x32 px from x = 16, y = 312: first always white, then eight bits,
# most significant first, of the frame's number (0..239).
# The clips come out of Debian packages, downloaded once. Runs inside the Debian 13 root.
set -eu
cd "$(dirname "$0")"
recipe=$(sha256sum media.sh | cut -c1-12)
dir=${PARLEY_CACHE:-$HOME/.cache/parley}/media-$recipe
if [ -e "$dir/done" ]; then
    echo "$dir"
    exit 0
fi
say() { echo "media: $*" >&2; }
rm -rf "$dir" && mkdir -p "$dir/packages"
say "downloading clips (32 MB)"
download() { (cd "$dir/packages" && apt-get download -q forensics-samples-files pocketsphinx-testdata >download.log 2>&1); }
# A fresh or an old system knows no packages, or no more.
download || { apt-get update -q >"$dir/packages/update.log" 2>&1 && download; } ||
    { say "cannot download the clips' packages: is the network up? See $dir/packages/download.log"; exit 1; }
for deb in "$dir"/packages/*.deb; do dpkg -x "$deb" "$dir/packages"; done

say "making camera and microphone files"
person=$dir/packages/usr/share/forensics-samples/original-files/movie2/movie-hello.mp4
books=$dir/packages/usr/share/pocketsphinx/test/data/librivox
counter="drawbox=x=0:y=296:w=352:h=64:t=fill:color=black,drawbox=x=16:y=312:w=32:h=32:t=fill:color=white"
for bit in 0 1 2 3 4 5 6 7; do
    counter="$counter,drawbox=x=$((272 - bit * 32)):y=312:w=32:h=32:t=fill:color=white:enable='eq(mod(floor(n/$((1 << bit))),2),1)'"
done
camera() { # FILE LOOK
    ffmpeg -v error -y -i "$person" -an -vf "crop=252:142:114:110,scale=640:360,fps=30,trim=end_frame=240,$2,$counter" \
        -pix_fmt yuvj420p -q:v 3 -f mjpeg "$dir/$1"
}
camera person.mjpeg null
camera other.mjpeg hflip,colorchannelmixer=rr=0.4:gg=0.6:bb=1
ffmpeg -v error -y -i "$books/sense_and_sensibility_01_austen_64kb-0870.wav" -i "$books/sense_and_sensibility_01_austen_64kb-0890.wav" \
    -filter_complex '[0][1]concat=n=2:v=0:a=1,aresample=48000' -ac 1 "$dir/speech.wav"
ffmpeg -v error -y -f lavfi -i "sine=frequency=1000:sample_rate=48000:duration=8" -af "volume=0.5:enable='lt(mod(t,1),0.5)',volume=0:enable='gte(mod(t,1),0.5)'" \
    -ac 1 "$dir/tone.wav"
rm -rf "$dir/packages"
touch "$dir/done"
echo "$dir"
