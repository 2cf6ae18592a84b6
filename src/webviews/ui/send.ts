import type { FromWizard } from '../messages.ts';

/** Tells the host what the person did. */
export type Send = (message: FromWizard) => void;
