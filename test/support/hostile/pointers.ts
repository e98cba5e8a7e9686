/** Files that are no videos but refer to one: a local `file`, or one on `host` (with port). */
export const pointers: Readonly<Record<string, (file: string, host: string) => string>> = {
  'ffconcat.mp4': file => `ffconcat version 1.0\nfile '${file}'\n`,
  'ffconcat.txt': () => "ffconcat version 1.0\nfile 'secret.mp4'\n",
  'playlist.m3u8': file => playlist(file),
  'remote.mkv': (_, host) => playlist(`http://${host}/a.ts`),
  'session.sdp': () =>
    lines(
      ...['v=0', 'o=- 0 0 IN IP4 127.0.0.1', 's=x', 'c=IN IP4 127.0.0.1', 't=0 0'],
      ...['m=video 5004 RTP/AVP 96', 'a=rtpmap:96 H264/90000'],
    ),
  'real.mov': (_, host) => `RTSPtextRTSP://${host}/a.mov\n`,
  'stream.mpd': (_, host) =>
    lines(
      '<?xml version="1.0"?>',
      '<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" profiles="urn:mpeg:dash:profile:isoff-on-demand:2011">',
      '<Period><AdaptationSet mimeType="video/mp4"><Representation id="1" bandwidth="1">',
      `<BaseURL>http://${host}/a.mp4</BaseURL></Representation></AdaptationSet></Period></MPD>`,
    ),
  'picture-%03d.png': () => 'no picture',
}

function playlist(entry: string): string {
  return lines('#EXTM3U', '#EXT-X-TARGETDURATION:1', '#EXTINF:1,', entry, '#EXT-X-ENDLIST')
}

const lines = (...text: string[]) => `${text.join('\n')}\n`
