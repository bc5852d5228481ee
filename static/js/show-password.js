// Lets people see the password they type. Without this file the button stays hidden.
for (const button of document.querySelectorAll('[data-reveal]')) {
  const input = document.getElementById(button.dataset.reveal);
  const { show, showLabel, hide, hideLabel } = button.dataset;
  const reveal = (shown) => {
    input.type = shown ? 'text' : 'password';
    button.textContent = shown ? hide : show;
    button.setAttribute('aria-label', shown ? hideLabel : showLabel);
  };
  button.addEventListener('click', () => reveal(input.type === 'password'));
  // Browsers remember what was sent as plain text: a password leaves as a password.
  input.form.addEventListener('submit', () => reveal(false));
  button.hidden = false;
}
