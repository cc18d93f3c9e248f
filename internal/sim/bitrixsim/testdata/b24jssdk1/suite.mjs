import { B24Hook } from '@bitrix24/b24jssdk'
import { legacySteps, run } from '../legacy.mjs'

const b24 = B24Hook.fromWebhookUrl(process.argv[2])
b24.offClientSideWarning()
await run(legacySteps(b24))
