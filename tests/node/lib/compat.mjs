// What Debian 12's Node 18 has not yet made a default. Import this first.
import dns from 'node:dns';
import { webcrypto } from 'node:crypto';

globalThis.crypto ??= webcrypto;
dns.setDefaultResultOrder('ipv4first');
