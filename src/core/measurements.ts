/**
 * What stages measure and are set by. Each stage adds its own key to both, in its own folder.
 */

/** What is measured of a face, a key a stage. Each stage declares its own key in its own folder. */
export interface Measurements {}

/** The sections of the configuration that belong to stages, a key a stage; declared as `Measurements` are. */
export interface StageSettings {}
