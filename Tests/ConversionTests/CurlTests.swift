import Conversion
import Testing
