import { loadEmbedder, onEvent } from '/work/main/packages/core/dist/index.js';
onEvent('bge-js:worker', e=>console.log('event',e.state,e.replacement,e.reason));
const e = await loadEmbedder({isolation:'process',workers:1}).catch(x=>console.log('load',x.code,x.message));
if(e){
 const real=process.execPath; 
 // kill worker then make the replacement unstartable
 process.execPath='/nonexistent/node';
 const { execSync } = await import('node:child_process');
 const kids=execSync(`pgrep -P ${process.pid} -f process.js || true`).toString().trim().split('\n').filter(Boolean);
 console.log('kids',kids.length);
 for(const k of kids) try{process.kill(+k,'SIGKILL')}catch{}
 await new Promise(r=>setTimeout(r,300));
 for (let i=0;i<2;i++) await e.embedQuery('x').then(()=>console.log('ok'),x=>console.log('call',x.code,x.message));
 await e.dispose();
}
