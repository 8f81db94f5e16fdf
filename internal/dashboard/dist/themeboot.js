try{let t=localStorage.getItem("ams-theme");(t==="dark"||t==="light")&&(document.documentElement.dataset.theme=t)}catch{}
