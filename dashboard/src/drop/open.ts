// Whether the panel for added documents is open; views open it, the drop area shows it.
import { signal } from '@preact/signals';

export const isPanelOpen = signal(false);

/** Show the panel with its file and folder inputs. */
export const openAddDocuments = (): void => {
  isPanelOpen.value = true;
};
