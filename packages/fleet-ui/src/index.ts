export { ACTIONS, type ActionName, type RunControl } from './control.ts'
export { UI_ERRORS, UiError, type UiErrorCode } from './errors.ts'
export { FleetUi, type FleetUiInit } from './fleet-ui.ts'
export { ROUTES, type RouteName } from './routes.ts'
