/* SPDX-License-Identifier: MIT */
/* texts.js - every word on the page, in English and Korean. `{name}` is filled in by text(). */

/** @typedef {'en' | 'ko'} Language */
/** @typedef {keyof typeof table} TextKey */

export const LANGUAGES = /** @type {const} */ ([['en', 'English'], ['ko', '한국어']]);

const table = {
  appName: ['Parley', 'Parley'],
  language: ['Language', '언어'],
  theme: ['Appearance', '화면 모드'],
  themeSystem: ['Same as the system', '시스템 설정'],
  themeLight: ['Light', '밝게'],
  themeDark: ['Dark', '어둡게'],
  close: ['Close', '닫기'],

  homeTitle: ['Face to face, in private', '얼굴을 보며, 우리끼리만'],
  homeLead: [
    'Picture, sound and chat are encrypted on your device and opened only by the people who have the link.',
    '영상과 음성, 채팅은 내 기기에서 암호화되고 링크를 가진 사람만 볼 수 있습니다.',
  ],
  homeNew: ['New meeting', '새 회의 시작'],
  homeOr: ['or join one', '또는 회의 참가'],
  homeLink: ['Meeting link', '회의 링크'],
  homeLinkHint: ['Paste the whole link', '링크 전체를 붙여 넣으세요'],
  homeJoin: ['Join', '참가'],
  homeBadLink: ['This is not a meeting link. Paste all of it, with the part after #.', '회의 링크가 아닙니다. # 뒤까지 전부 붙여 넣으세요.'],
  homeFact1: ['No account, no installation', '가입도 설치도 필요 없음'],
  homeFact2: ['The key is in the link and never reaches the server', '암호 키는 링크에만 있고 서버에는 전달되지 않음'],
  homeFact3: ['Finds its way where a network blocks calls', '통화가 막힌 네트워크에서도 연결'],

  prejoinTitle: ['Ready to join?', '참가할 준비가 되었나요?'],
  prejoinMeeting: ['Meeting {name}', '회의 {name}'],
  yourName: ['Your name', '내 이름'],
  yourNameHint: ['What others will see', '다른 사람에게 보이는 이름'],
  guest: ['Guest', '게스트'],
  joinNow: ['Join now', '지금 참가'],
  camera: ['Camera', '카메라'],
  microphone: ['Microphone', '마이크'],
  speaker: ['Speaker', '스피커'],
  systemSpeaker: ['System default', '시스템 기본값'],
  deviceDenied: ['Not allowed by the browser', '브라우저에서 허용되지 않음'],
  noDevice: ['None found', '찾을 수 없음'],
  micLevel: ['Microphone level', '마이크 음량'],
  selfView: ['Your camera', '내 카메라'],
  cameraOff: ['Your camera is off', '카메라가 꺼져 있습니다'],
  cameraStarting: ['Starting the camera…', '카메라를 켜는 중…'],
  testSound: ['Play a test sound', '테스트 소리 재생'],
  tryAgain: ['Try again', '다시 시도'],
  encryptedLong: ['End-to-end encrypted', '종단간 암호화'],
  noSecret: [
    'This link has no key (the part after #). Ask for the whole link; without it you would see and hear nobody.',
    '링크에 암호 키(# 뒤의 부분)가 없습니다. 전체 링크를 다시 받으세요. 키가 없으면 다른 참가자를 보거나 들을 수 없습니다.',
  ],

  problemCameraDenied: ['The browser does not allow the camera. Allow it in the address bar and try again; you can join without it.', '브라우저가 카메라를 허용하지 않았습니다. 주소창에서 허용한 뒤 다시 시도하세요. 카메라 없이도 참가할 수 있습니다.'],
  problemCameraMissing: ['No camera was found. You can join without one.', '카메라를 찾을 수 없습니다. 카메라 없이도 참가할 수 있습니다.'],
  problemCameraBusy: ['Another program is using the camera. Close it and try again; you can join without the camera.', '다른 프로그램이 카메라를 사용 중입니다. 닫고 다시 시도하세요. 카메라 없이도 참가할 수 있습니다.'],
  problemCameraUnplugged: ['The camera was unplugged. The others no longer see you; the call goes on.', '카메라 연결이 끊겼습니다. 상대방에게 내 모습이 보이지 않지만 통화는 계속됩니다.'],
  problemCameraOther: ['The camera could not be started. You can join without it.', '카메라를 켤 수 없습니다. 카메라 없이도 참가할 수 있습니다.'],
  problemMicDenied: ['The browser does not allow the microphone. Allow it in the address bar and try again; you can join and listen.', '브라우저가 마이크를 허용하지 않았습니다. 주소창에서 허용한 뒤 다시 시도하세요. 듣기만 하며 참가할 수 있습니다.'],
  problemMicMissing: ['No microphone was found. You can join and listen.', '마이크를 찾을 수 없습니다. 듣기만 하며 참가할 수 있습니다.'],
  problemMicBusy: ['Another program is using the microphone. Close it and try again; you can join and listen.', '다른 프로그램이 마이크를 사용 중입니다. 닫고 다시 시도하세요. 듣기만 하며 참가할 수 있습니다.'],
  problemMicUnplugged: ['The microphone was unplugged. The others no longer hear you; the call goes on.', '마이크 연결이 끊겼습니다. 상대방에게 내 소리가 들리지 않지만 통화는 계속됩니다.'],
  problemMicOther: ['The microphone could not be started. You can join and listen.', '마이크를 켤 수 없습니다. 듣기만 하며 참가할 수 있습니다.'],
  problemScreenDenied: ['The screen is not being shared: the browser or the system did not allow it.', '브라우저나 시스템이 허용하지 않아 화면을 공유하지 못했습니다.'],
  problemScreenOther: ['The screen could not be shared.', '화면을 공유할 수 없습니다.'],
  problemInsecure: ['Camera and microphone need a secure address (https://, or localhost).', '카메라와 마이크는 보안 주소(https:// 또는 localhost)에서만 쓸 수 있습니다.'],

  muteMic: ['Mute microphone', '마이크 끄기'],
  unmuteMic: ['Unmute microphone', '마이크 켜기'],
  stopCamera: ['Turn camera off', '카메라 끄기'],
  startCamera: ['Turn camera on', '카메라 켜기'],
  shareScreen: ['Share screen', '화면 공유'],
  stopShare: ['Stop sharing', '공유 중지'],
  sharing: ['You are sharing your screen', '화면을 공유하고 있습니다'],
  devices: ['Devices', '장치'],
  chat: ['Chat', '채팅'],
  people: ['People', '참가자'],
  controls: ['Call controls', '통화 제어'],
  more: ['More', '더 보기'],
  leave: ['Leave', '나가기'],
  statistics: ['Statistics', '통계'],
  settings: ['Settings', '설정'],
  copyLink: ['Copy link', '링크 복사'],
  linkCopied: ['Link copied. It contains the key: give it only to people you want here.', '링크를 복사했습니다. 암호 키가 들어 있으니 초대할 사람에게만 보내세요.'],
  linkNotCopied: ['The browser did not allow copying. Copy the address from the address bar.', '복사가 허용되지 않았습니다. 주소창의 주소를 복사하세요.'],
  shortcuts: ['Keyboard shortcuts', '키보드 단축키'],
  shortcutsOn: ['Use single-key shortcuts', '단축키 사용'],
  shortcutTalk: ['Hold to talk while muted', '음소거 중 누르고 있는 동안 말하기'],
  keySpace: ['Space', '스페이스'],

  you: ['You', '나'],
  youSuffix: ['{name} (you)', '{name} (나)'],
  host: ['Host', '주최자'],
  muted: ['Muted', '음소거됨'],
  speaking: ['Speaking', '말하는 중'],
  away: ['Reconnecting…', '다시 연결하는 중…'],
  screenOf: ["{name}'s screen", '{name} 님의 화면'],
  pin: ['Pin', '고정'],
  unpin: ['Unpin', '고정 해제'],
  morePeople: ['{count} more', '{count}명 더'],
  peopleCount: ['{count} in the meeting', '참가자 {count}명'],
  aloneTitle: ['Nobody else is here yet', '아직 다른 참가자가 없습니다'],
  aloneText: ['Send this link to the people you want to meet. The part after # is the key.', '초대할 사람에게 이 링크를 보내세요. # 뒤가 암호 키입니다.'],

  connecting: ['Connecting…', '연결하는 중…'],
  joiningMeeting: ['Joining…', '참가하는 중…'],
  reconnecting: ['Connection lost. Reconnecting…', '연결이 끊겼습니다. 다시 연결하는 중…'],
  offline: ['You are offline. The call goes on when the network is back.', '오프라인 상태입니다. 네트워크가 돌아오면 통화가 이어집니다.'],
  retryNow: ['Retry now', '지금 다시 시도'],
  viaWebtransport: ['WebTransport (QUIC)', 'WebTransport (QUIC)'],
  viaWebsocket: ['WebSocket (TCP)', 'WebSocket (TCP)'],
  keysWrong: [
    'Your key differs from that of the others: you cannot see or hear them, nor they you. Ask for the link again.',
    '내 암호 키가 다른 참가자와 달라 서로 보거나 들을 수 없습니다. 링크를 다시 받으세요.',
  ],
  keysWrongOne: ['{name} has another key: you cannot see or hear each other.', '{name} 님의 암호 키가 달라 서로 보거나 들을 수 없습니다.'],
  keysWrongTile: ['Another key', '암호 키가 다름'],
  encryptedExplain: [
    'Only people with the link can open picture, sound and chat. The relay passes on what it cannot read.',
    '링크를 가진 사람만 영상과 음성, 채팅을 열 수 있습니다. 중계 서버는 내용을 읽지 못합니다.',
  ],

  chatEmpty: ['Messages are sealed like picture and sound, and are gone when you leave.', '메시지도 영상과 음성처럼 암호화되며, 나가면 사라집니다.'],
  chatWrite: ['Write to everybody', '모두에게 쓰기'],
  chatSend: ['Send', '보내기'],
  chatTooLong: ['This message is too long.', '메시지가 너무 깁니다.'],
  unread: ['{count} unread', '읽지 않은 메시지 {count}'],

  toastJoined: ['{name} joined', '{name} 님이 참가했습니다'],
  toastLeft: ['{name} left', '{name} 님이 나갔습니다'],

  leftTitle: ['You left the meeting', '회의에서 나왔습니다'],
  reload: ['Reload the page', '새로 고침'],
  rejoin: ['Join again', '다시 참가'],
  toHome: ['Back to the start', '처음으로'],
  errorTitle: ['You could not join', '참가하지 못했습니다'],
  errorEnded: ['You are no longer in the meeting', '회의 연결이 끝났습니다'],
  errorCode: ['Code: {code}', '코드: {code}'],
  refusedVersion: ['This page and the server do not speak the same version. Reload the page; if that does not help, ask who runs the server.', '페이지와 서버의 버전이 다릅니다. 새로 고침해 보고, 그래도 안 되면 서버 관리자에게 문의하세요.'],
  refusedFull: ['The meeting is full. Try again when somebody has left.', '회의 정원이 찼습니다. 누군가 나간 뒤 다시 시도하세요.'],
  refusedBusy: ['The server is busy. Try again in a minute.', '서버가 바쁩니다. 잠시 후 다시 시도하세요.'],
  refusedBanned: ['You were removed from this meeting.', '이 회의에서 내보내졌습니다.'],
  refusedToken: ['The invitation is not valid any more. Ask for a new one.', '초대가 더 이상 유효하지 않습니다. 새 초대를 요청하세요.'],
  refusedMeeting: ['There is no such meeting. Check the link.', '그런 회의가 없습니다. 링크를 확인하세요.'],
  refusedRate: ['Too much was sent too fast, and the server ended the session. Wait a moment and join again.', '너무 많은 데이터를 빠르게 보내 서버가 연결을 끊었습니다. 잠시 후 다시 참가하세요.'],
  refusedProtocol: ['The server did not understand this page. Reload the page and join again.', '서버가 이 페이지를 이해하지 못했습니다. 새로 고침한 뒤 다시 참가하세요.'],
  refusedReplaced: ['This meeting was opened in another tab or window, which took your seat.', '다른 탭이나 창에서 이 회의를 열어 자리가 옮겨졌습니다.'],
  refusedDraining: ['The server is being restarted. Join again in a moment.', '서버가 다시 시작되고 있습니다. 잠시 후 다시 참가하세요.'],
  refusedEngine: ['A part of this page could not be loaded. Reload the page.', '페이지의 일부를 불러오지 못했습니다. 새로 고침하세요.'],
  refusedBrowser: ['This browser lacks something that a call needs. Use a recent Chrome, Edge or Firefox.', '이 브라우저에는 통화에 필요한 기능이 없습니다. 최신 Chrome, Edge 또는 Firefox를 사용하세요.'],
  refusedOther: ['The server did not let you in.', '서버가 참가를 거절했습니다.'],
  serverSays: ['The server says: {text}', '서버 메시지: {text}'],

  statsLink: ['Connection', '연결'],
  statsTransport: ['Transport', '전송 방식'],
  statsRtt: ['Round trip', '왕복 시간'],
  statsSend: ['Sending', '보내는 속도'],
  statsTarget: ['Allowed to send', '허용된 속도'],
  statsReceive: ['Receiving', '받는 속도'],
  statsLost: ['Lost on the way', '전송 중 유실'],
  statsDropped: ['Dropped before sending', '보내기 전 폐기'],
  statsAuth: ['Could not be opened', '복호화 실패'],
  statsReplayed: ['Replayed', '재전송 차단'],
  statsMalformed: ['Malformed', '형식 오류'],
  statsReconnects: ['Reconnections', '재연결'],
  statsSize: ['Size', '크기'],
  statsFps: ['Pictures per second', '초당 화면 수'],
  statsRate: ['Rate', '비트레이트'],
  statsJitter: ['Jitter', '지터'],
  statsTargetDelay: ['Playout delay', '재생 지연'],
  statsLostLate: ['Lost / late', '유실 / 지연 도착'],
  statsFreezes: ['Freezes', '멈춤'],
  statsKeyFrames: ['Key frames', '키 프레임'],
  statsNothing: ['Numbers appear when media flows.', '영상이나 음성이 오가면 수치가 나타납니다.'],
  kind_mic: ['Microphone', '마이크'],
  kind_camera: ['Camera', '카메라'],
  kind_screen: ['Screen', '화면'],
  kind_screenAudio: ['Screen sound', '화면 소리'],
};

/** @param {Language} language @param {TextKey} key @param {Record<string, string | number>} [values] */
export function text(language, key, values = {}) {
  return table[key][language === 'ko' ? 1 : 0].replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));
}

/** @param {readonly string[]} wished as navigator.languages @returns {Language} */
export function chooseLanguage(wished) {
  for (const tag of wished) {
    if (/^ko\b/i.test(tag)) return 'ko';
    if (/^en\b/i.test(tag)) return 'en';
  }
  return 'en';
}

/** @param {'camera' | 'mic' | 'screen'} what @param {import('./problems.js').Problem} problem @returns {TextKey} */
export function problemText(what, problem) {
  if (problem === 'insecure') return 'problemInsecure';
  const name = `problem${what[0].toUpperCase()}${what.slice(1)}`;
  const exact = `${name}${problem[0].toUpperCase()}${problem.slice(1)}`;
  return /** @type {TextKey} */ (exact in table ? exact : `${name}Other`);
}

/** What to do about a refusal. @param {string} code @returns {TextKey} */
export function refusalText(code) {
  const exact = `refused${code.slice(0, 1).toUpperCase()}${code.slice(1)}`;
  return /** @type {TextKey} */ (exact in table ? exact : 'refusedOther');
}

export const textTable = table;
